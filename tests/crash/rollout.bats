#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rollout, and one that goes back by itself, killed before and after every commit and continued. Its hosts are not there
# (tests/bench/sim_host.c), but their steps are run by the real host/run.sh. CRASH_EVERY: only each n-th point.

load ../cli/helper
load ../cli/archive
load ../cli/simulated

HOSTS='h1 h2 h3'

# What every end has: each step was run once, and apply once on each host that was changed; nothing is owed, held off,
# or left without load; the record is sound.
write_sound() {
	cat >sound <<-'SH'
		set -e
		steps() { awk '$3 == "step" { print $2, $4 }' hosts/log; }
		[ -z "$(steps | sort | uniq -d)" ] || { echo "run twice:"; steps | sort | uniq -d; exit 1; }
		[ "$(steps | sed -n 's/ rollout-1[^ ]*\.apply-.*//p' | sort | paste -sd ' ')" = "$1" ] || { steps; exit 1; }
		[ "$("$PATCHLINE" show sim --json | jq -c .owed)" = '[]' ]
		! ls hosts/*/held-updaters load-* 2>/dev/null
		"$PATCHLINE" verify >/dev/null
		"$PATCHLINE" rollouts --json | jq -e 'length == 1'
		"$PATCHLINE" show rollout-1 --json | jq -e '[.steps[] | select(.state == "started" or .state == "at-work")] == []'
	SH
}

# Two waves; load leaves and comes back.
LOAD='drain: {driver: command, out: ": >load-$PATCHLINE_HOST", in: "rm -f load-$PATCHLINE_HOST"}'

make_fleet() {
	export SIM_RUN=real SIM_JITTER=0
	# shellcheck disable=SC2086
	fleet "canary: 1, wave: 2, $LOAD, $1" $HOSTS
	write_sound
	mkdir kept
	cp -a state hosts kept/
}

# killed_everywhere [OPTION...]
killed_everywhere() {
	run "$CRASH/run" --every "${CRASH_EVERY:-1}" "$@" --begin 'rm -rf state hosts load-* && cp -a kept/state kept/hosts .' \
		--resume 'bash ./resume' --check 'bash ./check' -- "$PATCHLINE" promote 1.0 --to sim
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued" "nothing to kill after"
}

# A host that is whole has both packages of the set: same_packages VERSION
check_there() {
	cat >check <<-'SH'
		set -e
		bash ./sound 'h1 h2 h3'
		for host in h1 h2 h3; do
			[ "$(sort -u hosts/$host/packages-changed)" = "$(printf 'pkg-001 1.1-1\npkg-002 1.1-1')" ]
		done
		"$PATCHLINE" show rollout-1 --json | jq -e '.state == "done" and ([.hosts[].verdict] | unique == ["done"])'
		"$PATCHLINE" status --json | jq -e '.environments[0].status == "clean"'
	SH
}

@test "a rollout killed at any commit: each change was made once, all is done" {
	make_fleet 'on-failure: stop'
	check_there
	cat >resume <<-'SH'
		"$PATCHLINE" resume && { "$PATCHLINE" rollouts --json | jq -e '.[0].state == "done"' ||
			"$PATCHLINE" promote 1.0 --to sim; }
	SH
	time killed_everywhere
}
