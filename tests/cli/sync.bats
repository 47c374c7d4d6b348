#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# sync against a small signed archive on disk, and what it says when something is wrong with it.

load helper
load archive

setup_file() {
	load archive
	make_archive "$BATS_FILE_TMPDIR/archive"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	cp -r "$BATS_FILE_TMPDIR/archive" archive
	write_config "file://$PWD/archive"
	cp archive/k.gpg k.gpg
}

@test "sync takes the indexes of a signed archive, and then only what is new" {
	run_cli 0 sync --json
	fits sync
	[ "$(jq -c '.[0] | [.source, .is_good, .indexes, .fetched]' <<<"$output")" = '["debian",true,1,1]' ]
	run_cli 0 sync --json
	[ "$(jq '.[0].fetched' <<<"$output")" = 0 ]
	run_cli 0 show debian --json
	fits show
	[ "$(jq '.indexes | length' <<<"$output")" = 1 ]
	run_cli 0 log --subject debian
	has "$output" sync.done
}

@test "sync of a source by name, and of one that is not there" {
	run_cli 0 sync debian
	has "$output" debian yes
	run_cli 1 sync ubuntu
	has "$stderr" ubuntu
}

@test "an archive signed by a stranger is refused, and the last good indexes stay" {
	run_cli 0 sync
	: >archive/dists/bookworm/InRelease
	rm -r archive/gnupg
	make_archive archive
	run_cli 1 sync --json
	fits sync
	[ "$(jq -c '.[0] | [.is_good, .error_kind]' <<<"$output")" = '[false,"corrupt"]' ]
	has "$stderr" "1 of 1 sources failed" "last good indexes"
	run_cli 0 show debian --json
	fits show
	[ "$(jq '.indexes | length' <<<"$output")" = 1 ]
	[ "$(jq -r .error_kind <<<"$output")" = corrupt ]
}

@test "an index that was changed after signing is refused" {
	echo 'Package: evil' >>archive/dists/bookworm/main/binary-amd64/Packages
	gzip -kf archive/dists/bookworm/main/binary-amd64/Packages
	run_cli 1 sync
	has "$output" "Packages"
}

@test "an archive that became the next release is refused, and taken with --accept-change" {
	run_cli 0 sync
	sed -i 's/^Codename: .*/Codename: trixie/; s/^Suite: .*/Suite: bookworm/' archive/dists/bookworm/Release
	rm archive/dists/bookworm/InRelease
	gpg --homedir archive/gnupg --batch --quiet --clearsign -o archive/dists/bookworm/InRelease archive/dists/bookworm/Release
	gpgconf --homedir archive/gnupg --kill all
	run_cli 3 sync --json
	fits sync
	[ "$(jq -r '.[0].error_kind' <<<"$output")" = refused ]
	has "$(jq -r '.[0].error' <<<"$output")" "'bookworm' and is 'trixie'" "patchline sync --accept-change debian"
	run_cli 0 show debian --json
	[ "$(jq -r '.indexes[0].codename' <<<"$output")" = bookworm ]
	run_cli 0 sync --accept-change debian
	run_cli 0 show debian --json
	[ "$(jq -r '.indexes[0].codename' <<<"$output")" = trixie ]
	run_cli 0 log --subject debian
	has "$output" source.changed trixie
	run_cli 1 sync --accept-change ubuntu
	has "$stderr" ubuntu
}

@test "check tells what sync would refuse of an archive that is well signed" {
	run_cli 1 check
	has "$output" "bookworm: reached, signature good"
	sed -i 's/suites: bookworm,/suites: bookworm, components: [nope],/' patchline.yaml
	run_cli 1 check --json
	has "$(jq -r '.[] | select(.area == "source" and .status == "wrong") | .what + .todo' <<<"$output")" \
		"has no index of component 'nope', architecture 'amd64'" "components and architectures that the archive has"
	write_config "file://$PWD/archive"
	cp archive/k.gpg k.gpg
	sed -i 's/suites: bookworm,/suites: stable,/' patchline.yaml
	mv archive/dists/bookworm archive/dists/stable
	run_cli 1 check
	has "$output" "it is the Release file of 'bookworm'" "release-name: bookworm"
	sed -i 's/suites: stable,/suites: stable, release-name: bookworm,/' patchline.yaml
	run_cli 1 check
	has "$output" "stable: reached, signature good"
}

@test "an archive that is not there is named" {
	rm -r archive
	run_cli 1 sync
	has "$output" "archive/dists/bookworm"
}

# stanza LINE...: a package of the archive's index, beside what can be read.
stanza() {
	{
		cat "$BATS_FILE_TMPDIR/archive/dists/bookworm/main/binary-amd64/Packages"
		printf '\n'
		printf "$1\n"
		printf 'Filename: pool/x.deb\n'
	} >archive/dists/bookworm/main/binary-amd64/Packages
	seal_archive archive
}

@test "a stanza that cannot be read is left out, counted and named; all else goes on" {
	local lines told

	while IFS='~' read -r lines told; do
		stanza "$lines"
		run_cli 0 sync
		has "$output" "debian" "yes" "Left out" "bookworm/main/amd64" "$told"
		run_cli 0 sync --json
		fits sync
		[ "$(jq -c '.[0] | [.is_good, .left_out, (.unread | length), .unread[0].index]' <<<"$output")" = '[true,1,1,"bookworm/main/amd64"]' ]
		has "$(jq -r '.[0].unread[0].reason' <<<"$output")" "$told"
		run_cli 0 show debian
		has "$output" "LEFT OUT" "$told"
		run_cli 0 show debian --json
		fits show
		[ "$(jq -c '[.left_out, .unread[0].count]' <<<"$output")" = '[1,1]' ]
		run_cli 1 check --json
		has "$(jq -r '.[] | select(.area == "source" and .status == "warning") | .what' <<<"$output")" "1 stanza cannot be read" "$told"
	done <<-'END'
		Package: tool\nVersion: 1.0_2\nArchitecture: amd64~'tool' has the version '1.0_2'
		Package: tool\nVersion: 1\nArchitecture: amd64\nDepends: ${shlibs:Depends}, libc6~want the name of a package at '${shlibs:Depends}
		Package: tool\nVersion: 1~'tool' has no known architecture
		Package: tool\nVersion: 1\nArchitecture: amd64\nDepends: libc6 (>= )~want a version
		Package: tool\nVersion: 1\nArchitecture: amd64\nVersion: 1~field 'Version' is there twice
		Package: tool\nVersion: 1\nArchitecture: amd64\nX: \0~NUL byte
		Package: tool\nVersion: 1\nArchitecture: amd64\nSHA256: B5BB9D8014A0F9B1D61E21E796D78DCCDF1352F23CD32812F4850B878AE4944C~'tool' has the SHA256 'B5BB
		Package: tool\nVersion: 1\nArchitecture: amd64\nSize: -5~'-5' is not a size
	END
	stanza "Package: tool\nVersion: 1\nArchitecture: amd64\nDepends: a$(printf ' | a%.0s' {1..50000})"
	run_cli 0 sync
	has "$output" "more than 1000 alternatives in one relation"
}

@test "an index of which nothing can be read is refused, and the last good one stays" {
	run_cli 0 sync
	before=$("$PATCHLINE" show debian --json | jq -r '.indexes[0].packages_sha256')
	printf 'Package: a\nVersion: 1_0\nArchitecture: all\n\n<html>\n' >archive/dists/bookworm/main/binary-amd64/Packages
	seal_archive archive
	run_cli 1 sync
	has "$output" "index bookworm/main/amd64: none of its 2 stanzas can be read; the first: line 1: 'a' has the version '1_0'"
	has "$stderr" "last good indexes"
	run_cli 1 sync # what is here already is judged again
	[ "$("$PATCHLINE" show debian --json | jq -r '.indexes[0].packages_sha256')" = "$before" ]
	: >archive/dists/bookworm/main/binary-amd64/Packages # none is no fault
	seal_archive archive
	run_cli 0 sync
}

# Everywhere: what is printed by whatever command, whatever goes wrong, and what is kept.
@test "the password of a source is nowhere: not printed, not recorded, not in what is kept" {
	local what words server port command

	python3 -u -m http.server --bind 127.0.0.1 --directory archive 0 >server.log 2>&1 3>&- &
	server=$!
	until grep -q 'port [0-9]' server.log 2>/dev/null; do sleep 0.1; done
	port=$(grep -oE 'port [0-9]+' server.log | grep -oE '[0-9]+')
	for what in good unsigned foreign component absent; do
		for words in user:s3cr3t user:s3c@r3t s3cr3t; do
			rm -rf archive
			cp -r "$BATS_FILE_TMPDIR/archive" archive
			write_config "http://$words@127.0.0.1:$port"
			case $what in
			unsigned) echo '<html>sign in</html>' >archive/dists/bookworm/InRelease ;;
			foreign) : >k.gpg ;;
			component) sed -i 's/suites: bookworm,/suites: bookworm, components: [nope],/' patchline.yaml ;;
			absent) rm -r archive/dists ;;
			esac
			for command in sync 'sync --json' check 'show debian' 'show debian --json' sources status 'log --json' 'freeze 9.9'; do
				"$PATCHLINE" $command >>told 2>&1 || :
			done
			cp "$BATS_FILE_TMPDIR/archive/k.gpg" k.gpg
		done
	done
	kill $server
	grep -q "127.0.0.1:$port" told
	! grep -nE 's3cr3t|s3c@r3t|r3t@' told
	! grep -rlE 's3cr3t|s3c@r3t|r3t@' state
}
