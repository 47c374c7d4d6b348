# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# master.sh - the last capture of each host: the next one moves only what has changed since, and clones are snapshots of it.
#
#   CLONES/@captures/HOST/
#     last/root, last/data  subvolumes: the host as it was last captured in full
#     new/                  the capture at work: begun as a snapshot of last; one that was cut off is gone on with
#     old/                  last, while new takes its place

master_place() { echo "$(copy_clones)/@captures/$1"; }

# master_lock HOST: until this shell and what it started have ended. Waits for another clone's capture of the same host.
master_lock() {
	local place

	place=$(master_place "$1")
	while :; do
		mkdir -p "$place"
		exec 8<"$place"
		flock -n 8 || {
			progress "$1: waiting for another capture of it"
			flock 8
		}
		[ ! /proc/self/fd/8 -ef "$place" ] || return 0
	done
}

master_is_there() { [ -d "$(master_place "$1")/last" ] || [ -d "$(master_place "$1")/old" ]; }

# master_begin HOST PART...: makes new, or finds it.
master_begin() {
	local place part

	place=$(master_place "$1")
	if [ -d "$place/old" ] && [ ! -d "$place/last" ]; then
		mv "$place/old" "$place/last"
	fi
	master_drop "$place/old"
	mkdir -p "$place/new"
	for part in "${@:2}"; do
		if volume_is "$place/new/$part"; then continue; fi
		if volume_is "$place/last/$part"; then
			volume_snapshot "$place/last/$part" "$place/new/$part"
		else
			btrfs subvolume create "$place/new/$part" >/dev/null
		fi
	done
}

# master_empty HOST PART...: new holds nothing: for a way of copying that cannot tell what is gone.
master_empty() {
	local place part

	place=$(master_place "$1")
	master_drop "$place/new"
	mkdir -p "$place/new"
	for part in "${@:2}"; do
		btrfs subvolume create "$place/new/$part" >/dev/null
	done
}

# master_finish HOST: new becomes last.
master_finish() {
	local place

	place=$(master_place "$1")
	btrfs filesystem sync "$place/new/root"
	[ ! -d "$place/last" ] || mv "$place/last" "$place/old"
	mv "$place/new" "$place/last"
	master_drop "$place/old"
}

# master_forsake HOST [last]: what is not to be gone on with goes: new, and when it is the host's first capture, last too.
# Whoever is at work on it now may go on.
master_forsake() {
	local place part

	place=$(master_place "$1")
	exec 8<"$place" || return 0
	flock -n 8 || return 0
	for part in new $2; do
		master_drop "$place/$part"
	done
	[ -d "$place/last" ] || rm -rf --one-file-system "$place"
	rmdir --ignore-fail-on-non-empty "${place%/*}"
}

# master_drop FOLDER: one capture.
master_drop() {
	volume_delete "$1/root" "$1/data"
	rm -rf --one-file-system "$1"
}
