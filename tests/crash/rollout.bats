#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rollout killed before and after every commit, and continued.

load ../cli/helper
load ../cli/archive
load ../cli/simulated
load simulated

@test "a rollout killed at any commit: each step was run once, all hosts are at the set" {
	make_fleet 'wave: 2, on-failure: stop'
	echo '"$PATCHLINE" promote 1.0 --to sim' >drive
	cat >resume <<-'SH'
		"$PATCHLINE" resume && { "$PATCHLINE" rollouts --json | jq -e '.[0].state == "done"' || bash ./drive; }
	SH
	cat >check <<-'SH'
		set -e
		bash ./sound apply
		for host in h1 h2; do
			[ "$(sort -u hosts/$host/packages-changed)" = "$(printf 'pkg-001 1.1-1\npkg-002 1.1-1')" ]
		done
		"$PATCHLINE" show rollout-1 --json | jq -e '.state == "done" and ([.hosts[].verdict] | unique == ["done"])'
		"$PATCHLINE" status --json | jq -e '.environments[0].status == "clean"'
	SH
	killed_everywhere
}
