# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# volume.sh - btrfs subvolumes: copied, deleted, and how they change places.

volume_is() { [ -d "$1" ] && [ "$(stat -c %i "$1")" = 256 ] && [ "$(stat -f -c %T "$1")" = btrfs ]; }

# volume_snapshot [-r] FROM TO
volume_snapshot() { btrfs subvolume snapshot "$@" >/dev/null; }

# volume_delete FOLDER...: with the subvolumes inside; one that is not there is fine.
volume_delete() {
	local folder inner

	for folder in "$@"; do
		if [ ! -d "$folder" ] || volume_drop "$folder" 2>/dev/null; then continue; fi
		while IFS= read -r inner; do
			volume_drop "$folder/$inner"
		done < <(volume_inside "$folder")
		volume_drop "$folder"
	done
}

# One that is read-only and holds others can only go when it is writable.
volume_drop() {
	[ "$(btrfs property get -ts "$1" ro)" != ro=true ] || btrfs property set -f -ts "$1" ro false
	btrfs subvolume delete "$1" >/dev/null
}

# volume_children FOLDER: paths of the subvolumes that lie in it, without those that lie in these.
volume_children() {
	local own

	own=$(btrfs subvolume show "$1" | head -n 1)
	btrfs subvolume list -o "$1" | sed 's/^ID .* path //' | while IFS= read -r path; do
		[[ $path != "$own"/* ]] || printf '%s\n' "${path#"$own/"}"
	done
}

# volume_children_used FOLDER: those of them that hold anything that lasts.
volume_children_used() {
	volume_children "$1" | while IFS= read -r path; do
		[ "$path" = tmp ] || [ -z "$(find "$1/$path" -mindepth 1 -print -quit)" ] || printf '%s\n' "$path"
	done
}

# volume_must_be_alone HOST FOLDER: nothing is mounted in it here, which would go with it unseen.
volume_must_be_alone() {
	local path

	path=$(findmnt -rno TARGET | while IFS= read -r target; do
		[[ $(printf '%b' "$target") != "$(readlink -f "$2")"/* ]] || printf '%b\n' "$target"
	done | head -n 1)
	[ -z "$path" ] || fail refused "$1" "$path is mounted on this machine, inside the host's root: unmount it first"
}

# volume_inner_must_fit HOST FROM TO: the subvolumes that lie in FROM have their places in TO.
volume_inner_must_fit() {
	local path paths

	paths=$(volume_children "$2")
	while IFS= read -r path; do
		[ -z "$path" ] || volume_must_have_place "$1" "$3" "$path"
	done <<<"$paths"
}

# volume_take_inner FROM TO: the subvolumes that lie in FROM move to where they lie, in TO.
volume_take_inner() {
	local path paths

	paths=$(volume_children "$1")
	while IFS= read -r path; do
		[ -z "$path" ] || {
			volume_make_place "$1" "$2" "$path"
			volume_move "$1/$path" "$2/$path"
		}
	done <<<"$paths"
}

# volume_must_have_place HOST FOLDER PATH: an empty folder, or nothing, below folders; no link leads out of FOLDER.
volume_must_have_place() {
	local at=$2 part parts

	IFS=/ read -r -a parts <<<"$3"
	for part in "${parts[@]}"; do
		at+=/$part
		[ -e "$at" ] || [ -L "$at" ] || return 0
		[ -d "$at" ] && [ ! -L "$at" ] ||
			fail refused "$1" "the subvolume /$3 would be lost: there is no folder ${at#"$2"} to go back to; move it out of the root first"
	done
	[ -z "$(find "$at" -mindepth 1 -print -quit)" ] ||
		fail refused "$1" "the subvolume /$3 would be lost: the folder has something else in it to go back to; move it out of the root first"
}

# volume_make_place FROM TO PATH: the folders above PATH, as they are in FROM.
volume_make_place() {
	local part parts at=''

	IFS=/ read -r -a parts <<<"$3"
	for part in "${parts[@]::${#parts[@]}-1}"; do
		at+=/$part
		[ -d "$2$at" ] || {
			mkdir "$2$at"
			chown --reference="$1$at" "$2$at"
			chmod --reference="$1$at" "$2$at"
		}
	done
	[ ! -d "$2/$3" ] || rmdir "$2/$3"
}

# volume_move FROM TO: one that is read-only can only move while it is writable.
volume_move() {
	local readonly

	readonly=$(btrfs property get -ts "$1" ro)
	[ "$readonly" = ro=false ] || btrfs property set -f -ts "$1" ro false
	mv -T "$1" "$2"
	[ "$readonly" = ro=false ] || btrfs property set -ts "$2" ro true
}

# volume_unstub FOLDER: in a snapshot, an empty folder with the number 2 stands for each subvolume that was inside; nobody can write
# into one. Each becomes a folder like any other.
volume_unstub() {
	local stub

	find "$1" -xdev -type d -inum 2 | while IFS= read -r stub; do
		rmdir "$stub"
		mkdir -m 755 "$stub"
	done
}

# volume_inside FOLDER: paths of the subvolumes in it, the deepest first. They are entries with the number 256; in a
# snapshot of FOLDER there are empty folders in their places.
volume_inside() { find "$1" -mindepth 1 -depth -type d -inum 256 -printf '%P\n'; }

# volume_free_bytes FOLDER: what its file system can still take.
volume_free_bytes() { df -B1 --output=avail "$1" | tail -n 1; }
