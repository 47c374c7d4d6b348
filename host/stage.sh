#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# stage.sh want|put|fetch|drop SET PLATFORM SIZE [URL] - receive the files of a set that this host needs.
#
# Standard input starts with a list (SIZE bytes), one file a line: SHA256 SIZE PATH.
#   want   print the lines of files that are not here yet, or not right
#   put    the bytes of all files of the list follow, one behind the other
#   fetch  get each file of the list from URL/PATH
#   drop   remove the files of the list again, when no packages of the set are here
# Files are checked before the first of them appears in /var/lib/patchline/sets/SET/PLATFORM/.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

. ./packages/fetch.sh

root=${PATCHLINE_ROOT:-/var/lib/patchline}

fail() {
	echo "$1" >&2
	exit 1
}

# The list is written by the controller, and still no path of it may lead elsewhere.
check_list() {
	printf '%s\n' "$list" | awk '
		NF != 3 || $1 !~ /^[0-9a-f]+$/ || length($1) != 64 || $2 !~ /^[0-9]+$/ ||
		$3 ~ /[^A-Za-z0-9._+~:%\/-]/ || $3 ~ /^[\/.-]/ || $3 ~ /\.\.|\/[.\/]/ || $3 ~ /\/$/ {
			print "not a file of a set: " $0
			bad = 1
			exit
		}
		END { exit bad }' >&2 || exit 1
}

# The files that are here and right, by size first: that is cheap.
print_wanted() {
	printf '%s\n' "$list" | while read -r sha256 size path; do
		if [ "$(stat -c %s "$place/$path" 2>/dev/null)" = "$size" ] &&
			printf '%s  %s\n' "$sha256" "$place/$path" | sha256sum --check --status 2>/dev/null; then
			continue
		fi
		printf '%s %s %s\n' "$sha256" "$size" "$path"
	done
}

# Refuse before the first byte what cannot fit; a little is left for everybody else.
check_space() {
	needed=$(printf '%s\n' "$list" | awk '{ sum += $2 } END { printf "%.0f\n", sum / 1024 + 16384 }')
	free=$(df -Pk "$incoming" | awk 'NR == 2 { print $4 }')
	[ "$free" -ge "$needed" ] || fail "no space for the set in $root: $needed KiB needed, $free KiB free"
}

receive() {
	printf '%s\n' "$list" | while read -r sha256 size path; do
		mkdir -p "$incoming/$(dirname "$path")" && "$1" "$incoming/$path" "$size" "$path" "$sha256" ||
			fail "$path: did not arrive"
	done || exit 1
}

take_bytes() {
	head -c "$2" <&3 >"$1" && [ "$(stat -c %s "$1")" = "$2" ]
}

take_url() {
	packages_fetch "$url/$3" "$1" "$4"
}

check_arrived() {
	damaged=$(printf '%s\n' "$list" | sed "s, [0-9]* ,  $incoming/," |
		sha256sum --check --quiet 2>/dev/null) || fail "arrived damaged: $damaged"
}

# The index last: whoever finds it finds everything that came before it. Then all of it is made durable.
publish() {
	printf '%s\n' "$list" | sort -t ' ' -k 3r | while read -r _ _ path; do
		mkdir -p "$place/$(dirname "$path")" && mv -f "$incoming/$path" "$place/$path" ||
			fail "$path: cannot be put into $place"
	done || exit 1
	sync -f "$place"
}

# Where packages are staged, somebody else is going to install them.
drop() {
	[ ! -e "$place/pool" ] && [ ! -e "$place/.private" ] || return 0
	printf '%s\n' "$list" | while read -r _ _ path; do
		rm -f "$place/$path"
	done
	rmdir "$place" "${place%/*}" "$root/sets" 2>/dev/null || :
}

mode=$1
place=$root/sets/$2/$3
incoming=$root/sets/.incoming.$$
list_size=$4
url=${5-}
case $2$3 in
*[!A-Za-z0-9._-]*) fail "'$2' '$3' is no name of a set" ;;
esac
list=$(head -c "$list_size")
check_list
if [ "$mode" = want ]; then
	print_wanted
	exit
fi
if [ "$mode" = drop ]; then
	drop
	exit
fi
exec 3<&0 </dev/null
mkdir -p "$incoming" || fail "cannot make $incoming"
trap 'rm -rf "$incoming"' EXIT
check_space
if [ "$mode" = put ]; then
	receive take_bytes
else
	receive take_url
fi
check_arrived
publish
