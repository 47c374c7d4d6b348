# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# cgroup.sh - everything that is started for a clone, or for a host of the lab, is in a cgroup of its own, so that it is
# found again after any kill.
#
# PATH is below the top of each tree that systemd uses: containers would otherwise share one. Needs fail KIND TARGET WORDS.

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

# cgroup_dirs PATH: its folders, as far as they exist.
cgroup_dirs() {
	local tree

	for tree in $(cgroup_trees); do
		[ ! -d "$tree/$1" ] || echo "$tree/$1"
	done
}

# cgroup_enter PATH PID
cgroup_enter() {
	local tree trees

	trees=$(cgroup_trees)
	[ -n "$trees" ] || fail unsupported '' "no cgroups are mounted below /sys/fs/cgroup: containers cannot run here"
	for tree in $trees; do
		[ -d "$tree/$1" ] || mkdir -p "$tree/$1"
		echo "$2" >"$tree/$1/cgroup.procs"
	done
}

# cgroup_leave PID: back to the top.
cgroup_leave() {
	local tree

	for tree in $(cgroup_trees); do
		echo "$1" >"$tree/cgroup.procs"
	done
}

# cgroup_pids PATH: every process in it or below.
cgroup_pids() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null || :
	done | sort -un
}

cgroup_is_empty() { [ -z "$(cgroup_pids "$1")" ]; }

# cgroup_kill PATH: all of it, now; fails when something survives for ten seconds.
cgroup_kill() {
	local pid pids

	for _ in {1..200}; do
		pids=$(cgroup_pids "$1")
		[ -n "$pids" ] || return 0
		for pid in $pids; do
			kill -KILL "$pid" 2>/dev/null || :
		done
		sleep 0.05
	done
	return 1
}

# cgroup_remove PATH: the empty folders of it.
cgroup_remove() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || :
	done
}

# cgroup_end PATH: what is in it, and the cgroup too.
cgroup_end() { cgroup_kill "$1" && cgroup_remove "$1"; }

# cgroup_freezer PATH: the folder whose files freeze it; none when this machine's kernel cannot.
cgroup_freezer() {
	local dir

	for dir in $(cgroup_dirs "$1"); do
		[ ! -e "$dir/cgroup.freeze" ] || echo "$dir"
	done
}
