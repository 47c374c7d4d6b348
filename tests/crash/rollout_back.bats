#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rollout that goes back by itself, killed before and after every commit, and continued.

load ../cli/helper
load ../cli/archive
load ../cli/simulated
load simulated

# The second of two waves is not well: both go back, and the environment is held.
@test "a rollout that goes back, killed at any commit: each step was run once, all hosts are as they were" {
	make_fleet 'wave: 1, on-failure: revert-all'
	touch hosts/h2/fail-newer
	# It ends with what failed; what counts is how all is then.
	cat >drive <<-'SH'
		"$PATCHLINE" promote 1.0 --to sim
		status=$?
		[ $status = 1 ] || exit $status
	SH
	cat >resume <<-'SH'
		"$PATCHLINE" resume || [ $? = 1 ]
		"$PATCHLINE" rollouts --json | jq -e '.[0].state == "stopped"' || bash ./drive
	SH
	cat >check <<-'SH'
		set -e
		bash ./sound apply
		bash ./sound revert
		for host in h1 h2; do
			[ ! -s hosts/$host/packages-changed ]
		done
		"$PATCHLINE" show rollout-1 --json | jq -e '.state == "stopped" and ([.hosts[].verdict] | unique == ["reverted"])'
		"$PATCHLINE" status --json | jq -e '.environments[0].held_reason | test("went back")'
	SH
	killed_everywhere
}
