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
