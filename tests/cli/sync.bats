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

@test "an archive that is not there is named" {
	rm -r archive
	run_cli 1 sync
	has "$output" "archive/dists/bookworm"
}
