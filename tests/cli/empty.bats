#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A store that holds nothing yet, one that cannot be opened, and one that belongs to another program.

load helper

@test "lists of an empty store say what fills them" {
	run_cli 0 sets
	has "$output" "patchline freeze RELEASE"
	run_cli 0 candidates
	has "$output" "patchline freeze RELEASE"
	run_cli 0 rollouts
	has "$output" "patchline promote"
	run_cli 0 evidence
	has "$output" "patchline test ENV" "patchline approve"
	run_cli 0 log
	has "$output" "Nothing of the kind"
}

@test "lists of an empty store are empty in JSON" {
	for list in sets candidates rollouts log; do
		run_cli 0 "$list" --json
		[ "$output" = "[]" ]
		fits "$list"
	done
	run_cli 0 evidence --json
	fits evidence
}

@test "hosts that were never scanned are there with what the configuration says" {
	run_cli 0 hosts --json
	fits hosts
	[ "$(jq -r 'map(.name) | join(" ")' <<<"$output")" = "dev-web1 qa-web1 qa-db1" ]
	[ "$(jq -r '.[0].state' <<<"$output")" = null ]
	run_cli 0 hosts qa
	lacks "$output" dev-web1
}

@test "an environment that nothing happened in can be shown" {
	run_cli 0 show qa --json
	fits show
	[ "$(jq -r .status <<<"$output")" = unknown ]
	run_cli 0 show development
	has "$output" "gate: tests  smoke" "soak       60m"
}

@test "a host that was never scanned says what scans it" {
	run_cli 1 show dev-web1
	has "$stderr" "never scanned" "patchline scan dev-web1"
}

@test "a source that was never synced says what syncs it" {
	run_cli 0 show debian
	has "$output" "patchline sync" "file:///nowhere/debian"
	run_cli 0 show debian --json
	fits show
}

@test "an empty store is as it was" {
	run_cli 0 verify
	has "$output" "all as it was"
	run_cli 0 verify --json
	fits verify
	[ "$(jq .is_good <<<"$output")" = true ]
}

@test "unknown names are not found" {
	run_cli 1 show nobody
	has "$stderr" "nothing is called 'nobody'"
	run_cli 1 show rollout-77
	has "$stderr" "77"
	run_cli 1 hosts nowhere
	has "$stderr" "no environment 'nowhere'"
	run_cli 1 rollouts --env nowhere
	has "$stderr" "no environment 'nowhere'"
	run_cli 1 diff 0123abcd 4567abcd
	has "$stderr" "0123abcd"
}

@test "a state directory that cannot be made is named" {
	: >file
	sed -i 's,^state: .*,state: file/state,' patchline.yaml
	run_cli 1 sets
	has "$stderr" "file/state"
}

@test "a state directory that others may write to, or that is somebody else's, is refused and told by check" {
	mkdir -m 0777 state
	chmod 0777 state
	run_cli 2 sets
	has "$stderr" "others may write to" "chmod go-w"
	run_cli 1 check
	has "$output" "others may write to"
	chmod 0755 state
	run_cli 0 sets
	[ "$(id -u)" = 0 ] || skip "the rest wants root: chown"
	chown nobody state
	run_cli 2 sets
	has "$stderr" "belongs to user $(id -u nobody)"
}

@test "a database that is something else is refused" {
	mkdir state
	head -c 8192 /dev/urandom >state/patchline.db
	run_cli 1 sets
	has "$stderr" "patchline.db"
}

@test "a database newer than the program is refused" {
	run_cli 0 sets
	python3 -c 'import sqlite3; sqlite3.connect("state/patchline.db").execute("PRAGMA user_version = 9999")'
	run_cli 2 sets
	has "$stderr" "newer"
}
