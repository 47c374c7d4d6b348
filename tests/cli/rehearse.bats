#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rehearsing on a clone: what is frozen, cloned, patched and tested, and what comes of it.

load helper
load archive
load fleet
load tried

@test "rehearse says what it wants" {
	run_cli 2 rehearse production
	has "$stderr" "--fix NAME"
	run_cli 2 rehearse production --all --security
	run_cli 2 rehearse nowhere --all
	run_cli 1 rehearse production --fix CVE-2026-4711
	has "$stderr" "names CVE-2026-4711"
}

@test "a dry run shows what would be tried, and why" {
	run_cli 0 rehearse production --fix CVE-2026-2222 --dry-run --json
	fits rehearse
	[ "$(jq -r '.[] | .name + ": " + .why' <<<"$output")" = "jq: asked for: CVE-2026-2222" ]
	run_cli 0 rehearse production --all --dry-run
	has "$output" jq pending "Dry run"
	run_cli 0 log --subject production --json
	lacks "$output" rehearsal
}

@test "a clone is made, patched and tested from inside, and waits for approval" {
	rehearse 0
	[ "$(jq -r '.state + " " + .clone' <<<"$output")" = "waiting production/clone-1" ]
	local test
	test=$(jq '.tests[0].id' <<<"$output")
	run_cli 0 show rehearsal-1 --json
	fits show
	[ "$(jq -r '.state + " " + .clone + " " + .asked' <<<"$output")" = "waiting production/clone-1 set ${SET:0:12}" ]
	run_cli 0 evidence --output "$test"
	has "$output" "yes production clone-1 prod-web1=127.0.0.1"
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "0 of 1 approvals" "patchline approve" "production/clone-1"
	run_cli 0 rollouts --env production/clone-1 --json
	fits rollouts
	[ "$(jq -c '[.[].state]' <<<"$output")" = '["done"]' ]
	run_cli 0 status --json
	fits status
	[ "$(jq -c '[.environments[].environment]' <<<"$output")" = '["production"]' ]
}

@test "a rehearsal ends with its clone" {
	rehearse 0
	run_cli 0 clone remove production/clone-1 --yes
	run_cli 0 show rehearsal-1 --json
	fits show
	[ "$(jq -r '.state + ": " + .reason' <<<"$output")" = "ended: its clone was removed" ]
	run_cli 2 promote production/clone-1 --patch-original
}

@test "nothing pending is nothing to try" {
	rm archive/pool/jq_99.1.deb
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture) index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	run_cli 0 sync
	run_cli 3 rehearse production --all
	has "$stderr" "nothing is pending on the hosts of 'production'"
}

@test "an environment whose release nobody told is refused, with what tells it" {
	rm -rf state
	run_cli 0 sync
	run_cli 0 scan
	run_cli 3 rehearse production --all
	has "$stderr" "patchline deployed RELEASE --to production"
}
