#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Pausing and cancelling rollouts that nobody drives. With a program that does: tests/e2e/steer.bats.

load helper

@test "a stopped rollout is cancelled once, and not paused" {
	prepare
	run_cli 1 pause "$ROLLOUT"
	has "$stderr" "$ROLLOUT is stopped and cannot become paused"
	run_cli 0 cancel "$ROLLOUT" --json
	fits pause
	[ "$(jq -c '[.wish, .is_done]' <<<"$output")" = '["cancel",true]' ]
	run_cli 0 show "$ROLLOUT" --json
	[ "$(jq -r '.state + " " + .reason' <<<"$output")" = "cancelled cancelled by $(id -un)" ]
	run_cli 1 cancel "$ROLLOUT"
	has "$stderr" "is cancelled and cannot become cancelled"
}

@test "a stopped rollout is left alone while somebody works on its environment" {
	prepare
	EXPIRES=$((EPOCHSECONDS + 14)) lease qa $$
	run_cli 1 cancel "$ROLLOUT"
	has "$stderr" "'qa' is worked on by alice ('a test' on $(uname -n), process $$) since"
	run_cli 0 show "$ROLLOUT" --json
	[ "$(jq -r .state <<<"$output")" = stopped ]
	sqlite_run "DELETE FROM lease"
	run_cli 0 cancel "$ROLLOUT"
}

@test "what is no rollout is refused" {
	prepare
	run_cli 2 pause qa
	has "$stderr" "'qa' is no rollout"
	run_cli 1 cancel rollout-99
	has "$stderr" "there is no rollout-99"
}

@test "a retry of what is no rollout, of none that there is, and of one that has ended" {
	prepare
	run_cli 2 retry qa
	has "$stderr" "'qa' is no rollout"
	run_cli 1 retry rollout-99
	has "$stderr" "there is no rollout-99"
	run_cli 1 resume rollout-99
	has "$stderr" "there is no rollout-99"
	run_cli 0 cancel "$ROLLOUT"
	run_cli 1 resume "$ROLLOUT"
	has "$stderr" "'$ROLLOUT' is nothing that was left half-way"
}
