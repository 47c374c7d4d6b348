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

# volume_inside FOLDER: paths of the subvolumes in it, the deepest first. They are entries with the number 256; in a
# snapshot of FOLDER there are empty folders in their places.
volume_inside() { find "$1" -mindepth 1 -depth -type d -inum 256 -printf '%P\n'; }

# volume_free_bytes FOLDER: what its file system can still take.
volume_free_bytes() { df -B1 --output=avail "$1" | tail -n 1; }
