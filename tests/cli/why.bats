#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# why tells what must be done first; the decision itself has its table in tests/unit/why_test.c.

load helper

# ask HOST: the kinds of the answers in their order, in $kinds.
ask() {
	run_cli 0 why "$1" --json
	fits why
	kinds=$(jq -r '[.answers[].kind] | join(" ")' <<<"$output")
}

@test "a host that was never scanned" {
	ask dev-web1
	[ "$kinds" = never-scanned ]
	run_cli 0 why dev-web1
	has "$output" "dev-web1: " "never scanned" "-> patchline scan dev-web1"
}

@test "a host that nobody knows is an error" {
	run_cli 1 why nobody
	has "$stderr" "there is no host 'nobody'" "patchline hosts"
}

@test "a host out of reach, and behind it what its environment waits for" {
	prepare
	ask qa-db1
	[[ $kinds == unreachable* ]]
	has "$output" "no route to host"
}

@test "a host on which the rollout failed tells the host's own words" {
	prepare
	ask qa-web1
	[[ $kinds == *never-scanned* ]]
	sqlite_run "UPDATE host SET name = 'qa-web1', environment = 'qa' WHERE name = 'dev-web1'"
	ask qa-web1
	[[ $kinds == rollout-failed* ]]
	has "$output" "no space left on device" "show rollout-1 --log qa-web1"
}

@test "a host that left the configuration" {
	prepare
	sed -i 's/name: dev-web1/name: dev-web9/' patchline.yaml
	ask dev-web1
	[ "$kinds" = not-configured ]
}

@test "nobody knows what is pending while sources were never synced" {
	prepare
	ask dev-web1
	[[ $kinds == *pending-unknown* ]]
	has "$output" "patchline sync"
}
