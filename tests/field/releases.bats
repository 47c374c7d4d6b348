#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Archives that become something else between two syncs (releases.txt): the same is asked of sync and of apt-get update.
# DRIVER comes from Meson.
bats_require_minimum_version 1.5.0

load ../content/fixture

setup_file() {
	make_archive
}

teardown_file() {
	gpgconf --homedir "$GNUPGHOME" --kill all || :
}

# publish SUITE FIELDS SECONDS: sign a Release file with these fields, that long after a fixed day.
publish() {
	local suite=$1 dir=$archive/dists/$1 field IFS=,
	declare -A said=([Origin]=A [Label]=L [Suite]=stable [Codename]=bookworm)

	for field in $2; do said[${field%%=*}]=${field#*=}; done
	{
		for field in "${!said[@]}"; do
			[ -z "${said[$field]}" ] || echo "$field: ${said[$field]}"
		done
		echo "Date: $(LC_ALL=C date -u -d "2026-11-20 10:00:$3" +'%a, %d %b %Y %H:%M:%S UTC')"
		printf 'Architectures: amd64\nComponents: main\nSHA256:\n'
		(cd "$dir" && for field in main/binary-amd64/Packages*; do
			echo " $(sha256sum "$field" | cut -d' ' -f1) $(stat -c %s "$field") $field"
		done)
	} >"$dir/Release"
	rm -f "$dir/InRelease"
	gpg --batch --quiet -u archive --clearsign -o "$dir/InRelease" "$dir/Release"
}

# What apt-get update, with a root of its own, says: taken, or refused and for what.
ask_apt() {
	local root=$BATS_TEST_TMPDIR/apt

	mkdir -p "$root"/etc/apt/{apt.conf,preferences,sources.list,trusted.gpg}.d "$root/var/lib/apt/lists/partial" \
		"$root/var/cache/apt/archives/partial" "$root/var/lib/dpkg"
	: >"$root/var/lib/dpkg/status"
	echo "deb [signed-by=$keys/archive.gpg] file:$archive $1 main" >"$root/etc/apt/sources.list"
	apt-get -o Dir="$root" -o Dir::State::status="$root/var/lib/dpkg/status" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 update >"$root/said" 2>&1 || {
		sed -n "s/^E: .* changed its '\(.*\)' value.*/refused \1/p; s/^E: .* changed its default priority.*/refused NotAutomatic/p" \
			"$root/said" | head -n 1
		return
	}
	echo taken
}

# The same of sync.
ask_sync() {
	local said

	said=$("$DRIVER" sync "$config")
	case $said in
	'test none '*) echo taken ;;
	*) sed -n "s/^test refused .*: its \([A-Za-z]*\) was .*--accept-change test'$/refused \1/p" <<<"$said" ;;
	esac
}

# try SUITE BEFORE AFTER WANTED: told differences.
try() {
	local told

	rm -rf "$BATS_TEST_TMPDIR/apt" "${state:-$BATS_TEST_TMPDIR/state}"
	publish "$1" "$2" 01
	[ "$(ask_apt "$1")" = taken ] || echo "apt: '$2' was not taken"
	[ "$(ask_sync)" = taken ] || echo "sync: '$2' was not taken"
	publish "$1" "$3" 02
	told=$(ask_apt "$1")
	[ "$told" = "$4" ] || echo "apt: '$2' then '$3': '$told', not '$4'"
	told=$(ask_sync)
	[ "$told" = "$4" ] || echo "sync: '$2' then '$3': '$told', not '$4'"
}

@test "what a suite says of itself is taken or refused as its line says, by apt and by sync" {
	local before after wanted wrong='' suite

	cp -a "$archive/dists/stable" "$archive/dists/bookworm"
	while IFS=';' read -r before after wanted; do
		before=${before// /} after=${after// /} wanted=${wanted# }
		suite=stable
		[[ $before$after != *Suite=* ]] || suite=bookworm
		suites=$suite config "file://$archive"
		wrong+=$(try "$suite" "$before" "$after" "$wanted")
	done < <(grep -v '^#' "$BATS_TEST_DIRNAME/releases.txt")
	echo "$wrong"
	[ -z "$wrong" ]
}
