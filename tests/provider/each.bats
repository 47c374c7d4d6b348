#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# hosts_each of providers/lib/copies.sh, with which the copies of a clone are started: side by side, a few at once.

bats_require_minimum_version 1.5.0

# shellcheck disable=SC2034 # HOSTS is for hosts_each
setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	# shellcheck source=/dev/null
	. "$PROVIDERS/lib/copies.sh"
	HOSTS=(one two three)
	PARALLEL=4
}

option() { echo "$PARALLEL"; }

fail() {
	echo "$3"
	exit 9
}

# meet HOST: until all are there.
meet() {
	: >"$1"
	for _ in {1..300}; do
		[ "$(find . -type f | wc -l)" != 3 ] || return 0
		sleep 0.1
	done
	return 1
}

# alone HOST: nobody else may be there.
alone() {
	mkdir here || return 7
	sleep 0.05
	rmdir here
}

refuse_two() { [ "$1" != two ] || fail refused two "not this one"; }

@test "each host waits for all others, and all come through" {
	hosts_each meet
}

@test "option parallel bounds how many are at it" {
	PARALLEL=1
	hosts_each alone
	PARALLEL=none
	run -9 hosts_each alone
	[[ $output == *"option 'parallel' is 'none'"* ]]
}

@test "one that fails ends it, with its own status" {
	run -9 hosts_each refuse_two
	[ "$output" = "not this one" ]
}
