#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A swap and a rollback, killed at their commits and inside their provider's operations, and gone on with. Some points only;
# CRASH_FROM begins at another, CRASH_EVERY=1 takes them all.

load ../cli/helper
load ../cli/archive
load world

setup_file() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	cd "$BATS_FILE_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_FILE_TMPDIR LC_ALL=C.UTF-8
	load ../cli/archive
	load world
	world_rehearse >&2 && world_keep
}

teardown_file() {
	load world
	WORLD=$BATS_FILE_TMPDIR/world world_stop
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cd "$BATS_FILE_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_FILE_TMPDIR LC_ALL=C.UTF-8
	EVERY=${CRASH_EVERY:-40}
	FROM=${CRASH_FROM:-7}
	cat >again <<-SH
		set -e
		. "$CRASH/world.bash"
		world_again
	SH
	# The end: all systems are those wanted, each started once, the record sound, the environment clean.
	cat >check <<-SH
		set -e
		. "$CRASH/world.bash"
		WORLD=$PWD/world
		[ "\$(world_systems)" = "\$1" ]
		world_is_up
		[ "\$("$PATCHLINE" status --json | jq -r '.environments[0].status')" = clean ]
		[ "\$("$PATCHLINE" resume --dry-run --json)" = "[]" ]
		"$PATCHLINE" verify
	SH
}

killed_everywhere() {
	run "$CRASH/run" --every "$EVERY" --from "$FROM" "$@"
	echo "$output"
	[ "$status" = 0 ]
}

@test "a swap killed anywhere is swapped in the end" {
	killed_everywhere --when before --when after --when inside --begin "bash again" \
		--resume '"$PATCHLINE" resume && { [ -e world/clones/production-clone-1-*/aside/prod-web2 ] ||
			"$PATCHLINE" promote production/clone-1 --swap --yes; }' \
		--check "bash check 'clone-1 clone-1 clone-1'" -- "$PATCHLINE" promote production/clone-1 --swap --yes
}

@test "a rollback killed anywhere has the originals back in the end" {
	bash again
	run_cli 0 promote production/clone-1 --swap --yes
	world_keep
	killed_everywhere --when before --when after --when inside --begin "bash again" \
		--resume '"$PATCHLINE" resume && { [ ! -e world/clones/production-clone-1-*/aside/prod-web2 ] ||
			"$PATCHLINE" rollback production --yes; }' \
		--check "bash check 'original original original'" -- "$PATCHLINE" rollback production --yes
}
