#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# providers/lib/cgroup.sh, which the lab reads too: what is started in a cgroup is found again, and ends.

bats_require_minimum_version 1.5.0

setup() {
	fail() {
		echo "$3"
		return 1
	}
	# shellcheck source=/dev/null
	. "$PROVIDERS/lib/cgroup.sh"
	top=patchline-test-cgroup-$$
	path=$top/a
	[ "$(id -u)" = 0 ] && cgroup_enter "$path/inner" $BASHPID 2>/dev/null || skip "cgroups cannot be made here"
	cgroup_leave $BASHPID
}

teardown() {
	cgroup_end "$top"
}

# begin: a process in the cgroup that has a child there; $started is it.
begin() {
	bash -c 'sleep 100 & sleep 100' 3>&- &
	started=$!
	cgroup_enter "$path" $started
}

@test "what was started is found with its children, whoever asks, and ends with the cgroup" {
	cgroup_is_empty "$path"
	begin
	[[ " $(cgroup_pids "$path" | tr '\n' ' ') " == *" $started "* ]]
	[ -n "$(cgroup_dirs "$path")" ]
	cgroup_end "$path"
	cgroup_is_empty "$path"
	[ -z "$(cgroup_dirs "$path")" ]
	run ! kill -0 $started
}
