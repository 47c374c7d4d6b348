#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of the line without a fleet: what they want, what they refuse, and what they print.

load helper

@test "scan of hosts out of reach names each, and keeps the error" {
	run_cli 1 scan --json
	fits scan
	[ "$(jq -r '[.[].error_kind] | unique[]' <<<"$output")" = unreachable ]
	has "$stderr" "3 of 3 hosts could not be read"
	run_cli 0 hosts --json
	fits hosts
	[ "$(jq -r '.[0].error_kind' <<<"$output")" = unreachable ]
	run_cli 0 why dev-web1
	has "$output" "it cannot be reached"
}

@test "scan of one host, of an environment, of what is neither" {
	run_cli 1 scan qa-db1 --json
	[ "$(jq length <<<"$output")" = 1 ]
	run_cli 1 scan qa --json
	[ "$(jq length <<<"$output")" = 2 ]
	run_cli 1 scan nobody
	has "$stderr" "nobody"
	run_cli 2 scan qa dev-web1
	has "$stderr" "'qa' is an environment"
}

@test "freeze before anything was scanned or synced is refused with what lifts it" {
	run_cli 3 freeze 2.2
	has "$stderr" "patchline scan"
	run_cli 3 freeze 2.2 --dry-run
}

@test "the board of a line that nothing happened in" {
	run_cli 0 status --json
	fits status
	[ "$(jq -c '[.environments[] | .environment + " " + .status]' <<<"$output")" = \
		'["development unknown","qa unknown"]' ]
	run_cli 0 status
	has "$output" development qa unknown
}

@test "the board of a line with a mixed environment" {
	prepare
	run_cli 0 status --json
	fits status
	[ "$(jq -r '.environments[1].status' <<<"$output")" = mixed ]
}

@test "promote wants an environment that there is" {
	run_cli 2 promote 2.2
	has "$stderr" "--to"
	run_cli 2 promote 2.2 --to nowhere
	has "$stderr" "nowhere" "development"
}

@test "promote of a candidate that there is not" {
	run_cli 1 promote 2.2 --to development
	has "$stderr" "2.2"
}

@test "a gate that is not met refuses with all that is missing and who can supply it" {
	prepare
	run_cli 3 promote "$LATER" --to qa
	has "$stderr" "development"
	run_cli 3 promote "$LATER" --to qa --json
	output=$stderr
	fits error
	[ "$(jq -r .kind <<<"$output")" = refused ]
	run_cli 0 log --limit 1 --json
	has "$output" "gate.refused"
}

@test "a release that nothing was frozen with is recorded" {
	run_cli 0 deployed 2.1 --to development --json
	fits deployed
	[ "$(jq -r .outcome <<<"$output")" = recorded ]
	run_cli 0 status
	has "$output" 2.1
	run_cli 2 deployed "a b" --to development
}

@test "test wants suites that there are" {
	run_cli 1 test development nosuch
	has "$stderr" nosuch
	run_cli 2 test nowhere
	has "$stderr" nowhere
}

@test "test runs the suites of the gate, and counts for no candidate while hosts are out of reach" {
	run_cli 0 test development --json
	fits test
	[ "$(jq -c '[.candidate, .tests[0].outcome]' <<<"$output")" = '[null,"passed"]' ]
	printf '#!/bin/sh\necho broken\nexit 1\n' >smoke
	run_cli 1 test development --json
	fits test
	[ "$(jq -r '.tests[0].outcome' <<<"$output")" = failed ]
	local id
	id=$(jq '.tests[0].id' <<<"$output")
	run_cli 0 evidence --output "$id"
	has "$output" broken
}

@test "approval of a candidate that the environment does not run is refused" {
	prepare
	run_cli 3 approve "$LATER" --in development
	has "$stderr" development
	run_cli 1 approve nothing --in development
	run_cli 2 reject "$CANDIDATE" --in development
	has "$stderr" "--comment"
}

# seq: the number of the newest event
seq() {
	run_cli 0 log --limit 1 --json
	jq '.[0].seq' <<<"$output"
}

@test "a dry run tells and refuses, and leaves no trace" {
	prepare
	local before
	before=$(seq)
	run_cli 0 deployed 9.9 --to qa --dry-run
	has "$output" "Release 9.9 would be told in qa"
	run_cli 2 deployed "a b" --to qa --dry-run
	run_cli 3 promote "$LATER" --to qa --dry-run
	run_cli 3 approve "$LATER" --in development --dry-run
	[ "$(seq)" = "$before" ]
}

@test "check with one of ENV and --for wants the other, and both must be there" {
	run_cli 2 check qa
	has "$stderr" "patchline check qa --for CANDIDATE"
	run_cli 2 check --for 2.2
	has "$stderr" "patchline check ENV --for 2.2"
	run_cli 2 check nowhere --for 2.2
	has "$stderr" "nowhere" "development"
	run_cli 1 check qa --for 9.9
	has "$stderr" "9.9"
	[ -z "$output" ]
}

@test "check for hosts out of reach tells each, as a list for programs too" {
	prepare
	run_cli 1 check qa --for "$CANDIDATE" --json
	fits check-for
	[ "$(jq -c '[.[] | .host + " " + .check + " " + .severity] | sort' <<<"$output")" = \
		'["qa-db1 reach error","qa-web1 reach error"]' ]
	has "$stderr" "2 findings are errors"
}
