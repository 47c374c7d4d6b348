# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# claim.sh - one lab on a machine, and one command at a time that builds it up or takes it down.
#
# Labs in different places (or chroots) do not see each other's files, but all see the cgroups: a lab tags its own.

# Says what of another lab is running.
claim_others() {
	local pid

	for pid in $(cgroup_pids "$GROUP"); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -F /lab/ |
			sed "s|^|pid $pid in $(readlink "/proc/$pid/root"): |" || :
	done | head -n 3
}

# Refuses when the lab that runs on this machine is not the one in $LAB.
claim_machine() {
	local dir tag ours

	ours=owner-$(cat "$LAB/id" 2>/dev/null || tr -d '\n-' </proc/sys/kernel/random/uuid)
	for dir in $(cgroup_dirs "$GROUP"); do
		for tag in "$dir"/owner-*; do
			if [ ! -d "$tag" ] || [ "${tag##*/}" = "$ours" ]; then continue; fi
			[ -z "$(cgroup_pids "$GROUP")" ] || die "another lab runs on this machine; take it down first:
$(claim_others)"
			rmdir "$tag"
		done
	done
	mkdir -p "$LAB"
	echo "${ours#owner-}" >"$LAB/id"
	for dir in $(cgroup_trees); do
		mkdir -p "$dir/$GROUP/$ours"
	done
}

# claim_lab COMMAND: holds the lab until this process ends.
claim_lab() {
	local holder

	claim_machine
	exec 9>>"$LAB/lock"
	if ! flock -n 9; then
		holder=$(cat "$LAB/lock")
		! grep -qx "${holder##* }" <<<"$(cgroup_pids "$GROUP/at-work")" || die "busy with $holder; wait until it has ended"
		cgroup_kill "$GROUP/at-work" # what a killed command left running
		flock -w 5 9 || die "cannot lock $LAB/lock"
	fi
	cgroup_kill "$GROUP/at-work"
	echo "$1, pid $$" >"$LAB/lock"
	cgroup_enter "$GROUP/at-work" $$
}
