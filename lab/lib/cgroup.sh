# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# cgroup.sh - everything the lab starts is in a cgroup below patchline-lab, so that it is found again after any kill.
#
# A host has one of its own in each tree that systemd uses: containers would otherwise share one.

cgroup_trees() {
	local tree

	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
		return
	fi
	for tree in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
		[ ! -e $tree/cgroup.procs ] || echo $tree
	done
}

# cgroup_dirs NAME: its folders, as far as they exist; NAME may be empty for the whole lab.
cgroup_dirs() {
	local tree

	for tree in $(cgroup_trees); do
		[ ! -d "$tree/patchline-lab/$1" ] || echo "$tree/patchline-lab/$1"
	done
}

# cgroup_enter NAME PID
cgroup_enter() {
	local tree

	[ -n "$(cgroup_trees)" ] || die "no cgroups mounted below /sys/fs/cgroup: containers cannot run here"
	for tree in $(cgroup_trees); do
		mkdir -p "$tree/patchline-lab/$1"
		echo "$2" >"$tree/patchline-lab/$1/cgroup.procs"
	done
}

# cgroup_pids NAME: every process in it or below.
cgroup_pids() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null || :
	done | sort -un
}

# cgroup_kill NAME: ends all of it, now; fails when something survives for ten seconds.
cgroup_kill() {
	local pid pids

	for _ in {1..100}; do
		pids=$(cgroup_pids "$1" | grep -vx "$$" || :)
		[ -n "$pids" ] || return 0
		for pid in $pids; do
			kill -KILL "$pid" 2>/dev/null || :
		done
		sleep 0.1
	done
	return 1
}

# cgroup_still NAME 1|0: all of it stands still, or goes on.
cgroup_still() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		[ ! -e "$dir/cgroup.freeze" ] || echo "$2" >"$dir/cgroup.freeze"
	done
}

cgroup_remove() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || :
	done
}

# cgroup_leave PID: back to the top.
cgroup_leave() {
	local tree

	for tree in $(cgroup_trees); do
		echo "$1" >"$tree/cgroup.procs"
	done
}
