# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# simulated.bash - a rollout killed before and after every commit and continued. Its hosts are not there (tests/bench/sim_host.c),
# but their steps are run by the real host/run.sh. CRASH_EVERY: only each n-th point; CRASH_FROM: from that one on.
# load ../cli/archive and ../cli/simulated before.

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
