#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rehearsal, and the entry of what it tried, killed at their commits and gone on with. Some points only, other ones each
# day; CRASH_EVERY=1 takes them all.

load ../cli/helper
load ../cli/archive
load ../cli/fleet
load ../cli/tried

setup_file() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	tried_make "$BATS_TEST_DIRNAME/../cli/copies"
	cp -r state begun
	"$PATCHLINE" rehearse production --set "$(jq -r .set freeze.json)" >rehearse.log
	"$PATCHLINE" approve production/clone-1
	cp -r state approved
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cd "$BATS_FILE_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_FILE_TMPDIR LC_ALL=C.UTF-8
	SET=$(jq -r .set freeze.json)
	EVERY=${CRASH_EVERY:-25}
	FROM=${CRASH_FROM:-$((10#$(date +%j) % EVERY + 1))}
}

killed_everywhere() {
	run "$CRASH/run" --every "$EVERY" --from "$FROM" "$@"
	echo "$output"
	[ "$status" = 0 ]
}

@test "a rehearsal killed anywhere waits for approval in the end, with one clone and nothing done twice" {
	cat >check <<-'SH'
		set -e
		[ "$("$PATCHLINE" clones --json | jq -c '[.[] | .name + " " + .state]')" = '["production/clone-1 running"]' ]
		[ "$("$PATCHLINE" show rehearsal-1 --json | jq -r '.state + " " + .clone')" = "waiting production/clone-1" ]
		[ "$("$PATCHLINE" rollouts --env production/clone-1 --json | jq -c '[.[].state]')" = '["done"]' ]
		[ "$("$PATCHLINE" resume --dry-run --json)" = "[]" ]
		"$PATCHLINE" verify
	SH
	killed_everywhere --begin 'rm -rf state copies; cp -r begun state' \
		--resume '"$PATCHLINE" resume && { "$PATCHLINE" show rehearsal-1 || "$PATCHLINE" rehearse production --set '"$SET"'; }' \
		--check 'sh ./check' -- "$PATCHLINE" rehearse production --set "$SET"
}

@test "an entry killed anywhere ends with the proof of equality" {
	cat >check <<-SH
		set -e
		[ "\$("$PATCHLINE" clones --json | jq -c '[.[] | .name + " " + .state]')" = '["production/clone-1 entered"]' ]
		[ "\$("$PATCHLINE" show rehearsal-1 --json | jq -r .state)" = entered ]
		[ "\$("$PATCHLINE" log --subject production/clone-1 --limit 0 --json | jq -r '.[].kind' | grep -c entry.equal)" = 1 ]
		[ "\$("$PATCHLINE" status --json | jq -r '.environments[0] | .status + " " + .set')" = "clean $SET" ]
		[ "\$("$PATCHLINE" rollouts --env production --json | jq -c '[.[].state]')" = '["done"]' ]
		[ "\$("$PATCHLINE" resume --dry-run --json)" = "[]" ]
		"$PATCHLINE" verify
	SH
	killed_everywhere --begin 'rm -rf state; cp -r approved state' \
		--resume '"$PATCHLINE" resume && { "$PATCHLINE" show rehearsal-1 --json | grep -q entered ||
			"$PATCHLINE" promote production/clone-1 --patch-original; }' \
		--check 'sh ./check' -- "$PATCHLINE" promote production/clone-1 --patch-original
}
