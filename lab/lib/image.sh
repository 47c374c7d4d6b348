# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# image.sh - one file system with a root for every role, made once and kept compressed.
#
# Installed from the main suite alone: what updates and security have since brought is pending on every host. Only packages
# are in it: what a role configures is put on each host when that is made (host_configure), so that a change there costs
# no new images.
# On the file system: images/ROLE, images/ROLE.data (its data, if it has any), images/archive.

IMAGE_SIZE=6G               # kept small: its zeros are read through whenever it is unpacked
BUILD=$CACHE/mount/build    # where the file system being made is mounted
BUILD_DISK=$CACHE/build.img

# The name of the kept file: changes with the recipe and with the archive's moment.
image_file() {
	local recipe

	recipe=$(cd "$HERE" && find deb lib/archive.sh lib/deb.sh lib/image.sh roles -type f \( ! -path 'roles/*' -o \
		-name packages -o -name data \) | sort | xargs sha256sum | sha256sum | cut -c1-16)
	echo "$CACHE/images-$recipe-$(archive_id).zst"
}

# image_open: the lab's own file system, as a copy of the kept one; makes that first unless a sound one is there.
image_open() {
	local started=$SECONDS

	mkdir -p "$CACHE"
	image_discard
	mkdir -p "$SCRATCH/none"
	if ! archive_is_sound; then
		say "archive: fetching the indexes of $ARCHIVE_SUITES"
		archive_fetch
	fi
	! image_unpack "$(image_file)" || return 0
	image_make
	image_keep "$(image_file)"
	say "images: made in $((SECONDS - started)) s"
	image_unpack "$(image_file)" || die "$(image_file) was damaged at once; is the disk full?"
}

# image_unpack FILE: checks while it unpacks, for that is half the time; fails when the file is not sound.
image_unpack() {
	local check

	[ -s "$1" ] && [ -s "$1.sha256" ] || return 1
	(cd "$CACHE" && exec sha256sum --quiet -c "$1.sha256" 2>/dev/null) &
	check=$!
	if ! zstd -q -d --sparse -f "$1" -o "$DISK.new" || ! wait $check; then
		rm -f "$DISK.new"
		say "images: ${1##*/} is damaged and is made again"
		return 1
	fi
	truncate -s 20G "$DISK.new"
	mv "$DISK.new" "$DISK"
}

# Clears what a killed build left.
image_discard() {
	local mounted

	awk -v below="$BUILD/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do
		umount "$mounted"
	done
	disk_unmount "$BUILD_DISK" "$BUILD"
	rm -rf "$BUILD_DISK" "$CACHE"/*.new "$SCRATCH"
}

# image_solve PACKAGE...: what apt would download for them on an empty machine.
image_solve() {
	local solve=$SCRATCH/solve

	mkdir -p "$solve/lists/partial" "$solve/archives/partial"
	: >"$solve/status"
	archive_sources main >"$solve/sources"
	image_apt_config "$solve" >"$solve/apt.conf"
	[ -e "$solve/updated" ] || APT_CONFIG=$solve/apt.conf apt-get -qq update
	: >"$solve/updated"
	APT_CONFIG=$solve/apt.conf apt-get -qq --print-uris install '?essential' '?priority(required)' apt "$@"
}

# image_apt_config FOLDER: an apt that knows nothing but that folder.
image_apt_config() {
	cat <<-CONFIG
		Dir::State "$1";
		Dir::State::status "$1/status";
		Dir::Cache "$1";
		Dir::Etc::sourcelist "$1/sources";
		Dir::Etc::sourceparts "$SCRATCH/none";
		Dir::Etc::preferencesparts "$SCRATCH/none";
	CONFIG
	image_apt_options
}

image_apt_options() {
	cat <<-CONFIG
		APT::Install-Recommends "false";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::AllowInsecureRepositories "false";
		DPkg::Options { "--force-unsafe-io"; };
	CONFIG
}

# image_apt ROOT SUITES ARGUMENT...: apt-get on a root, run from outside; its maintainer scripts run inside.
image_apt() {
	local root=$1 sources=$2

	shift 2
	archive_sources "$sources" >"$root.list"
	{
		printf 'Dir "%s";\nDPkg::Chroot-Directory "%s";\n' "$root" "$root"
		printf 'Dir::Etc::sourcelist "%s";\nDir::Etc::sourceparts "%s";\n' "$root.list" "$SCRATCH/none"
		image_apt_options
	} >"$root.conf"
	DEBIAN_FRONTEND=noninteractive APT_CONFIG=$root.conf eatmydata apt-get -qq -y "$@"
}

image_make() {
	local role packages started=$SECONDS

	for role in base $(roles); do
		# shellcheck disable=SC2046
		image_solve $(cat "$HERE/roles/base/packages") $(role_packages "$role") >>"$SCRATCH/solve.uris"
	done
	archive_take "$SCRATCH/solve.uris"
	truncate -s "$IMAGE_SIZE" "$BUILD_DISK"
	mkfs.btrfs -q -m single "$BUILD_DISK" >/dev/null 2>&1
	disk_mount "$BUILD_DISK" "$BUILD"
	mkdir "$BUILD/images"
	image_base
	say "images: base made in $((SECONDS - started)) s"
	image_roles
	image_archive
}

image_log() { echo "$CACHE/image-$1.log"; }

image_base() {
	local root=$BUILD/images/base

	btrfs subvolume create "$root" >/dev/null
	eatmydata mmdebstrap --mode=root --variant=minbase --skip=check/empty --dpkgopt=force-unsafe-io \
		--aptopt='APT::Install-Recommends "false"' --include="$(paste -sd, "$HERE/roles/base/packages")" \
		bookworm "$root" - >"$(image_log base)" 2>&1 < <(archive_sources main) || {
		tail -n 20 "$(image_log base)" >&2
		die "the base image could not be made"
	}
	deb_first "$root/var/tmp" >/dev/null
	chroot "$root" sh -c 'dpkg -i /var/tmp/lab-*.deb' >>"$(image_log base)"
	mkdir "$BUILD/images/first"
	mv "$root"/var/tmp/lab-*.deb "$BUILD/images/first/"
	rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
}

# Roles are made two at a time.
image_roles() {
	local role jobs=()

	for role in $(roles); do
		disk_snapshot "$BUILD/images/base" "$BUILD/images/$role"
		image_role "$role" >"$(image_log "$role")" 2>&1 &
		jobs+=("$!:$role")
		[ ${#jobs[@]} -lt 2 ] || {
			image_await "${jobs[0]}"
			jobs=("${jobs[@]:1}")
		}
	done
	for role in "${jobs[@]}"; do
		image_await "$role"
	done
}

image_await() {
	wait "${1%%:*}" || {
		tail -n 20 "$(image_log "${1#*:}")" >&2
		die "the image of role '${1#*:}' could not be made"
	}
	say "images: ${1#*:} made"
}

# The daemons must not start while their packages are installed here.
image_role() {
	local root=$BUILD/images/$1 role=$1

	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	image_apt "$root" main update
	# shellcheck disable=SC2046
	image_apt "$root" main install $(role_packages "$role")
	rm "$root/usr/sbin/policy-rc.d"
	image_data "$role"
	image_pending "$root" >"$SCRATCH/$role.pending"
	rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin
}

# What a role keeps in a place of its own moves to a subvolume of its own; PostgreSQL's files are not copied on write.
image_data() {
	local root=$BUILD/images/$1 data=$BUILD/images/$1.data place

	place=$(role_data "$1")
	[ -n "$place" ] || return 0
	btrfs subvolume create "$data" >/dev/null
	[ -d "$root$place" ] || return 0
	chattr +C "$data"
	cp -a "$root$place/." "$data/"
	rm -rf "$root$place"
	mkdir "$root$place"
}

# Every update a host of this role could ask for.
image_pending() {
	image_apt "$1" all update >&2
	image_apt "$1" all --print-uris dist-upgrade
}

image_archive() {
	cat "$SCRATCH"/*.pending >"$SCRATCH/pending.uris"
	archive_take "$SCRATCH/pending.uris"
	cp -a "$ARCHIVE/." "$BUILD/images/mirror.data/"
	mkdir -p "$BUILD/images/mirror.data/lab/pool/stable"
	mv "$BUILD"/images/first/*.deb "$BUILD/images/mirror.data/lab/pool/stable/"
	rmdir "$BUILD/images/first"
	rm -f "$BUILD"/images/*.conf "$BUILD"/images/*.list
}

# image_keep FILE: the file system just made becomes the kept file.
image_keep() {
	disk_unmount "$BUILD_DISK" "$BUILD"
	rm -f "$CACHE"/images-*
	zstd -q -T0 -1 -f "$BUILD_DISK" -o "$1.new"
	(cd "$CACHE" && sha256sum "${1##*/}.new" | sed 's/\.new$//' >"$1.sha256")
	mv "$1.new" "$1"
	image_discard
}
