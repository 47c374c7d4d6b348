#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rollout, and one that goes back by itself, killed before and after every commit and continued. Its hosts are not there
# (tests/bench/sim_host.c), but their steps are run by the real host/run.sh. CRASH_EVERY: only each n-th point; CRASH_FROM: from that one on.

load ../cli/helper
load ../cli/archive
load ../cli/simulated

# What every end has: each step was run once, and apply once on each host; nothing is owed, held off, left without load
# or open; the record is sound.
write_sound() {
	cat >sound <<-'SH'
		set -e
		steps() { awk '$3 == "step" { print $2, $4 }' hosts/log | sort; }
		[ -z "$(steps | uniq -d)" ] || { echo "run twice:"; steps | uniq -d; exit 1; }
		[ "$(steps | sed -n "s/ rollout-1[^ ]*\.$1-[0-9].*//p" | paste -sd ' ')" = "h1 h2" ] || { steps; exit 1; }
		[ "$("$PATCHLINE" show sim --json | jq -c .owed)" = '[]' ]
		! ls hosts/*/held-updaters load-* 2>/dev/null
		"$PATCHLINE" verify >/dev/null
		"$PATCHLINE" rollouts --json | jq -e 'length == 1'
		"$PATCHLINE" show rollout-1 --json | jq -e '[.steps[] | select(.state == "started" or .state == "at-work")] == []'
	SH
}

# make_fleet KEYS: two hosts; load leaves them and comes back.
make_fleet() {
	local load='drain: {driver: command, out: ": >load-$PATCHLINE_HOST", in: "rm -f load-$PATCHLINE_HOST"}'

	export SIM_RUN=real SIM_JITTER=0
	fleet "$load, $1" h1 h2
	write_sound
}

# killed_everywhere [OPTION...]
killed_everywhere() {
	mkdir kept
	cp -a state hosts kept/
	run "$CRASH/run" --every "${CRASH_EVERY:-1}" --from "${CRASH_FROM:-1}" "$@" --begin 'rm -rf state hosts load-* && cp -a kept/state kept/hosts .' \
		--resume 'bash ./resume' --check 'bash ./check' -- bash ./drive
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "nothing to kill before" "nothing to kill after"
}

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
