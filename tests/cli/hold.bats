#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Environments that a person holds and lifts, and rollbacks that there is nothing for. With hosts: tests/e2e/back.bats.

load helper

@test "an environment is held and lifted by a person with a reason, and the record has both" {
	prepare
	run_cli 2 hold qa
	has "$stderr" "say why: --reason TEXT"
	run_cli 0 hold qa --reason "the disks are slow" --json
	fits hold
	run_cli 0 hold qa --reason "the disks are slow"
	run_cli 0 status --json
	fits status
	[ "$(jq -r '.environments[] | select(.environment == "qa") | .held_reason' <<<"$output")" = "the disks are slow" ]
	run_cli 0 status
	has "$output" "qa is held by $(id -un): the disks are slow; 'patchline lift qa --reason TEXT' lifts that"
	run_cli 0 show qa --json
	fits show
	[ "$(jq -r .held_reason <<<"$output")" = "the disks are slow" ]
	run_cli 3 promote "$CANDIDATE" --to qa --dry-run
	has "$stderr" "'qa' is held by $(id -un)" "the disks are slow"
	run_cli 0 lift qa --reason "new disks" --json
	fits hold
	[ "$(jq .is_held <<<"$output")" = false ]
	run_cli 1 lift qa --reason "again"
	has "$stderr" "'qa' is not held"
	run_cli 0 log --json
	[ "$(jq -c '[.[] | select(.kind | startswith("environment.h") or startswith("environment.l")) | .kind] | unique' <<<"$output")" = \
		'["environment.held","environment.lifted"]' ]
}

@test "a second hold is kept beside the first, in what is told and in the record" {
	prepare
	run_cli 0 hold qa --reason "audit until Friday"
	run_cli 0 hold qa --reason "the disks are slow"
	run_cli 0 show qa --json
	[ "$(jq -r .held_reason <<<"$output")" = "audit until Friday; $(id -un): the disks are slow" ]
	run_cli 0 log --json
	[ "$(jq -c '[.[] | select(.kind == "environment.held") | .payload.reason] | sort' <<<"$output")" = \
		'["audit until Friday","the disks are slow"]' ]
}

@test "what is no environment is not held" {
	run_cli 2 hold nowhere --reason x
	run_cli 2 lift nowhere --reason x
}

@test "a rollback without anything to undo is refused with the reason" {
	prepare
	run_cli 3 rollback development
	has "$stderr" "no rollout has changed anything in 'development' that is still changed"
	run_cli 1 rollback development --to 0123456789
	run_cli 2 rollback nowhere
}
