# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154  # lists and work come from who sources this
# apt.sh - let apt work on indexes and states of ours, for the oracle and the bench. To be sourced.
#
# Wants $lists (a directory of Packages indexes, named as apt names them) and $work (a directory of ours).

# Copy the indexes whose names match to $work/archive/NAME/Packages, unpacked; false when there are none.
take_index() {
	rm -rf "$work/archive/$1"
	mkdir -p "$work/archive/$1"
	for file in "$lists"/*_Packages*; do
		case $file in
		*'*'*) return 1 ;;
		*-security_*) suite=security ;;
		*-updates_*) suite=updates ;;
		*_debian_*) suite=main ;;
		*) continue ;;
		esac
		[ "$suite" = "$1" ] || continue
		/usr/lib/apt/apt-helper cat-file "$file" >>"$work/archive/$1/Packages"
	done
	[ -s "$work/archive/$1/Packages" ]
}

# apt NAME STATUS ARGS: apt-get that knows nothing but the indexes listed in $work/NAME.list and that status
apt() {
	name=$1 status=$2
	shift 2
	apt-get -q -o Dir::Etc::SourceList="$work/$name.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Parts=/dev/null -o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null -o Dir::State="$work/$name" \
		-o Dir::State::status="$status" -o Dir::Cache="$work/$name" \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 -o APT::Sandbox::User=root \
		-o APT::Install-Recommends=false -o Debug::NoLocking=true "$@"
}

# know NAME SUITE...: make apt know these suites under that name
know() {
	name=$1
	shift
	mkdir -p "$work/$name/lists/partial" "$work/$name/archives/partial"
	for suite; do
		[ ! -s "$work/archive/$suite/Packages" ] ||
			echo "deb [trusted=yes] copy:$work/archive/$suite ./"
	done >"$work/$name.list"
	apt "$name" /dev/null update >/dev/null 2>"$work/$name.err" ||
		{ cat "$work/$name.err" >&2; exit 1; }
}

# The state that is there after apt did that in an empty root: stanzas of the main index, installed.
make_state() {
	awk '$1 == "Inst" { v = $3; sub(/^\(/, "", v); sub(/:.*/, "", $2); print $2, v }' >"$work/chosen"
	awk 'NR == FNR { chosen[$1 " " $2]; next }
	/^Package: / { name = $2 } /^Version: / { version = $2 }
	/^(Description|Filename|Size|MD5sum|SHA256|Tag|Description-md5):/ { skip = 1; next }
	/^[^ ]/ { skip = 0 }
	/^$/ {
		if ((name " " version) in chosen) print text "Status: install ok installed\n"
		text = ""; next
	}
	!skip { text = text $0 "\n" }' "$work/chosen" "$work/archive/main/Packages"
}

# What every Debian host has.
required_packages() {
	awk '/^Package: / { name = $2 } /^Priority: required|^Essential: yes/ { print name }' \
		"$work/archive/main/Packages" | sort -u
}
