#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# docs/sets.md tells how to check a set by hand; these are its own lines, run on a real set, good and damaged.

load ../cli/helper
load ../cli/archive
load ../cli/fleet

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8 ARCHIVE_ARCHITECTURE
	start_sshd "$PWD"
	make_archive "$PWD/archive"
	make_newer archive jq 99.1
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	write_fleet "$PWD"
	"$PATCHLINE" sync
	"$PATCHLINE" scan
	SET=$("$PATCHLINE" freeze 2.2 --json | jq -r .set)
	PLATFORM=$(basename "$(echo "state/sets/$SET/"*/)")
	sed -n '/^## Check a set by hand/,/^## /p' "$DOCS/sets.md" | sed -n '/^```sh$/,/^```$/p' | sed '/^```/d' |
		sed -e "s|^cd .*|cd state|" -e "s|^set=.*|set=$SET|" -e "s|debian-12-amd64|$PLATFORM|g" >by-hand
	grep -q '^cd state' by-hand && grep -q "^set=$SET" by-hand
}

teardown() {
	stop_sshd "$BATS_TEST_TMPDIR"
}

@test "a set that is as it was passes, and what is signed names its index" {
	run sh -eu by-hand
	[ "$status" -eq 0 ]
	has "$output" "manifest: OK" "pool: OK" "Good signature"
	[ "$(tail -n 2 <<<"$output" | grep -oE '[0-9a-f]{64}' | sort -u | wc -l)" = 1 ]
}

@test "a changed manifest, package or signature does not" {
	local file

	for file in "state/sets/$SET/manifest" state/pool/sha256/*/* "state/sets/$SET/$PLATFORM/InRelease"; do
		[[ $file != *.changelog ]] || continue # not of the set, only kept beside it
		cp "$file" kept
		sed -i '1,$s/a/b/' "$file"
		run sh -eu by-hand
		cp kept "$file"
		if [[ $output == *"manifest: OK"* && $output == *"pool: OK"* && $output == *"Good signature"* ]]; then
			echo "$file was changed and nothing noticed: $output"
			return 1
		fi
	done
}
