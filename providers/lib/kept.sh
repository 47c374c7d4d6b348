# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# kept.sh - snapshots under a name: a folder with read-only subvolumes HOST and HOST.data. Beside them HOST@next, which is about to
# take the root's place, and HOST@before, the root whose place was taken; it goes with the snapshot.

# kept_make FOLDER HOST ROOT DATA: one that is there stays. The root comes last: without it there is none.
kept_make() {
	if volume_is "$1/$2"; then return; fi
	volume_is "$3" || fail not-found "$2" "there is no subvolume $3"
	mkdir -p "$1"
	volume_delete "$1/$2.data"
	! volume_is "$4" || volume_snapshot -r "$4" "$1/$2.data"
	volume_snapshot -r "$3" "$1/$2"
}

# kept_must_be FOLDER HOST...
kept_must_be() {
	local host

	for host in "${@:2}"; do
		volume_is "$1/$host" || fail not-found "$host" "it has no snapshot '$(request '.name // .since')'"
	done
}

# kept_tell FOLDER HOST...: the answer of `snapshot`, from what is on disk.
kept_tell() {
	local host

	for host in "${@:2}"; do
		jq -cn --arg host "$host" --argjson at "$(kept_at "$1/$host")" '{host: $host, taken_at: $at}'
	done | jq -cs '{hosts: .}'
}

# kept_at SNAPSHOT: its moment; btrfs keeps it to the second.
kept_at() { date -d "$(btrfs subvolume show "$1" | sed -n 's/^\s*Creation time:\s*//p')" +%s000; }

# kept_revert FOLDER HOST ROOT: of a stopped machine. What is to stand there is whole, with the subvolumes that lie in the root, before
# the root leaves its place. Where the three are tells how far a call came that was killed.
kept_revert() {
	local next=$1/$2@next before=$1/$2@before

	if volume_is "$3"; then
		volume_must_be_alone "$2" "$3"
		volume_inner_must_fit "$2" "$3" "$1/$2"
		volume_is "$next" || volume_snapshot "$1/$2" "$next"
		volume_take_inner "$3" "$next"
		[ ! -d "$before" ] || volume_drop "$before"
		mv -T "$3" "$before"
	fi
	volume_is "$next" || volume_snapshot "$1/$2" "$next"
	volume_unstub "$next"
	mv -T "$next" "$3"
}

# kept_forget FOLDER HOST...: never while a revert has not come to its end.
kept_forget() {
	local host kept

	for host in "${@:2}"; do
		! volume_is "$1/$host@next" ||
			fail conflict "$host" "going back to this snapshot was cut off: go back once more, then forget it"
		for kept in "$1/$host@before" "$1/$host" "$1/$host.data"; do
			[ ! -d "$kept" ] || volume_drop "$kept"
		done
	done
	[ ! -d "$1" ] || rmdir --ignore-fail-on-non-empty "$1"
}
