# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# disk.sh - a btrfs file system inside a file: hosts are snapshots on it.

# A loop device may have no node yet, as in a chroot with a /dev of its own.
disk_nodes() {
	local device

	[ -e /dev/loop-control ] || mknod -m 600 /dev/loop-control c 10 237
	device=$(losetup -f) || die "no loop device to be had; is the kernel module 'loop' there?"
	[ -b "$device" ] || mknod -m 660 "$device" b 7 "${device#/dev/loop}"
}

# disk_mount FILE FOLDER: the folder above is the lab's alone, and made a shared mount: else each container that is
# started meanwhile, whoever's it is, would hold the file system after it is unmounted here.
disk_mount() {
	local above=${2%/*}

	! mountpoint -q "$2" || return 0
	grep -qw btrfs /proc/filesystems || modprobe btrfs || die "this kernel has no btrfs"
	disk_nodes
	mkdir -p "$2"
	mountpoint -q "$above" || mount --bind "$above" "$above"
	mount --make-shared "$above"
	mount -t btrfs -o loop,noatime,compress=zstd:1 "$1" "$2"
}

# disk_unmount FILE FOLDER: the loop device goes with the mount; what was written is in the file either way.
disk_unmount() {
	local device

	if mountpoint -q "$2"; then
		btrfs filesystem sync "$2"
		umount "$2" || die "cannot unmount $2; it is in use"
	fi
	! mountpoint -q "${2%/*}" || umount "${2%/*}"
	[ -e "$1" ] || return 0
	for device in $(losetup -n -O NAME -j "$1"); do
		losetup -d "$device"
	done
}

disk_snapshot() { btrfs subvolume snapshot "$@" >/dev/null; }

disk_delete() {
	local folder

	for folder in "$@"; do
		[ ! -d "$folder" ] || btrfs subvolume delete "$folder" >/dev/null
	done
}
