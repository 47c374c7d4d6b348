# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# image.sh - disk images of virtual machines: copied, layered, and opened without starting the machine.

# image_copy SOURCE KIND FORMAT TO: TO is a qcow2 image or one of the same format; prints the bytes that were moved. A file system that
# shares blocks (btrfs, xfs) moves none.
image_copy() {
	local base

	if [ "$2" != file ]; then
		qemu-img convert -U -f "$3" -O qcow2 "$1" "$4"
	elif cp --reflink=always -- "$1" "$4" 2>/dev/null; then
		image_anchor "$1" "$4" "$3"
		echo 0
		return
	else
		cp --sparse=always -- "$1" "$4"
		image_anchor "$1" "$4" "$3"
	fi
	echo $(($(stat -c '%b * %B' -- "$4")))
}

# image_anchor SOURCE COPY FORMAT: a backing file that SOURCE names by a relative path is named by its whole path in the copy.
image_anchor() {
	local info base format

	[ "$3" = qcow2 ] || return 0
	info=$(qemu-img info -U --output=json "$1")
	base=$(jq -r '."full-backing-filename" // empty' <<<"$info")
	format=$(jq -r '."backing-filename-format" // "raw"' <<<"$info")
	[ -z "$base" ] || qemu-img rebase -q -u -F "$format" -b "$base" "$2"
}

# image_format FILE
image_format() { qemu-img info -U --output=json "$1" | jq -r .format; }

# image_layer BASE TO: an empty layer over BASE.
image_layer() {
	rm -f -- "$2"
	qemu-img create -q -f qcow2 -F "$(image_format "$1")" -b "$1" "$2"
}

# image_open CLONE HOST: its file systems, mounted below hosts/HOST as its own fstab says. Each disk is a file of a
# FUSE export, so that no kernel module is wanted.
image_open() {
	local place image target loop

	image_close "$1" "$2"
	place=$(copy_place "$1")
	mkdir -p "$place/hosts/$2" "$place/open/$2"
	for image in "$place/run/$2"/*.qcow2; do
		target=$(basename "$image" .qcow2)
		: >"$place/open/$2/$target"
		image_export "$1" "$2" "$image" "$place/open/$2/$target"
		loop=$(losetup --find --show --partscan "$place/open/$2/$target")
		echo "$loop" >>"$place/open/$2.loops"
	done
	image_mount "$place/hosts/$2" "$place/open/$2.loops"
}

# image_export CLONE HOST IMAGE FILE
image_export() {
	(
		cgroup_enter "$(machine_cgroup "$1" "$2@open")" "$BASHPID"
		close_files
		exec qemu-storage-daemon --blockdev driver=qcow2,node-name=disk,file.driver=file,file.filename="$3" \
			--export type=fuse,id=export,node-name=disk,mountpoint="$4",writable=on
	) </dev/null >&2 &
	disown
	await 20 image_is_exported "$4" || fail unsupported "$2" "its disk $3 cannot be opened here (FUSE export of qemu-storage-daemon)"
}

image_is_exported() { [ "$(stat -c %s "$1")" -gt 0 ]; }

# image_parts LOOPS: every block device in them that has a file system: DEVICE TYPE UUID LABEL.
image_parts() {
	local loop part

	while IFS= read -r loop; do
		for part in "$loop" "$loop"p*; do
			[ ! -b "$part" ] || echo "$part $(blkid -p -o value -s TYPE "$part") $(blkid -p -o value -s UUID "$part") $(blkid -p -o value -s LABEL "$part")"
		done
	done <"$1" | awk '$2 ~ /^(ext[234]|xfs|btrfs|vfat|f2fs)$/'
}

# image_mount FOLDER LOOPS: the root, then what its fstab names.
image_mount() {
	local parts part device path root=''

	parts=$(image_parts "$2")
	while read -r part _; do
		mount "$part" "$1" 2>/dev/null || continue
		if [ -e "$1/etc/os-release" ] || [ -L "$1/etc/os-release" ]; then
			root=$part
			break
		fi
		umount "$1"
	done <<<"$parts"
	[ -n "$root" ] || fail unsupported "${1##*/}" "no disk of it has a plain file system with /etc/os-release: volumes of LVM, RAID and encrypted ones cannot be opened"
	while read -r device path; do
		part=$(image_find "$device" <<<"$parts")
		[ -n "$part" ] || fail unsupported "${1##*/}" "its fstab mounts $device at $path, and no disk of the copy has that"
		mkdir -p "$1/$path"
		mount "$part" "$1/$path"
	done < <(awk '$1 !~ /^#/ && $2 ~ /^\/./ && $3 ~ /^(ext[234]|xfs|btrfs|vfat|f2fs|auto)$/ && $4 !~ /(^|,)(noauto|nofail)(,|$)/ { print $1, $2 }' \
		"$1/etc/fstab" | sort -k2)
}

# image_find DEVICE: of fstab, in the lines of image_parts.
image_find() {
	case $1 in
	UUID=*) awk -v id="${1#UUID=}" '$3 == id { print $1; exit }' ;;
	LABEL=*) awk -v id="${1#LABEL=}" '$4 == id { print $1; exit }' ;;
	esac
}

# image_close CLONE HOST: whatever of it is open; also what a kill left.
image_close() {
	local place loop file

	place=$(copy_place "$1")
	! mountpoint -q "$place/hosts/$2" || umount -R "$place/hosts/$2"
	if [ -e "$place/open/$2.loops" ]; then
		while IFS= read -r loop; do
			! losetup "$loop" 2>/dev/null | grep -qF "$place/open/$2/" || losetup -d "$loop"
		done <"$place/open/$2.loops"
		rm -f "$place/open/$2.loops"
	fi
	for file in "$place/open/$2"/*; do
		! mountpoint -q "$file" || umount "$file"
	done
	await 20 cgroup_is_empty "$(machine_cgroup "$1" "$2@open")" || :
	cgroup_end "$(machine_cgroup "$1" "$2@open")" || fail system "$2" "what opened its disks does not end"
	rm -rf "$place/open/$2"
}
