#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a capture covers, and what each transfer leaves out, from the lines a host tells of itself.
bats_require_minimum_version 1.5.0

setup_file() {
	export LIB=$BATS_TEST_DIRNAME/../../providers/lib
	export USUAL='/home /opt /srv /usr /usr/local /var /var/lib /var/log'
	HOST=$BATS_FILE_TMPDIR/probe
	export HOST
	cat >"$HOST" <<-'PROBE'
		systemd
		rsync
		swap /swap file
		mount 24 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
		mount 25 24 0:22 / /proc rw,nosuid shared:5 - proc proc rw
		mount 26 24 0:23 / /tmp rw shared:6 - tmpfs tmpfs rw
		mount 27 24 0:24 / /run/user/1000 rw shared:7 - tmpfs tmpfs rw
		mount 28 24 254:2 / /boot rw shared:8 - ext4 /dev/vda2 rw
		mount 29 28 254:3 / /boot/efi rw shared:9 - vfat /dev/vda3 rw
		mount 30 24 254:4 / /var rw shared:10 - xfs /dev/vg/var rw
		mount 31 30 254:5 / /var/lib/pg\040data rw shared:11 master:2 - xfs /dev/vg/pg rw
		mount 32 31 254:6 / /var/lib/pg\040data/wal rw shared:12 - xfs /dev/vg/wal rw
		mount 33 24 254:7 / /backup rw shared:13 - ext4 /dev/sdb1 rw
		mount 34 24 0:44 / /mnt/nas rw shared:14 - nfs4 nas:/export rw
		mount 35 24 7:1 / /snap/core/1 ro shared:15 - squashfs /dev/loop1 ro
		mount 36 24 0:45 / /varnish rw shared:16 - tmpfs tmpfs rw
		subvolume /var/lib/machines
		data /var/lib/pg data
	PROBE
}

# areas DATA VOLUMES: path, kind and whether it is covered, a line each.
areas() {
	jq -Rs --argjson data "$1" --arg volumes "$2" -f "$LIB/areas.jq" "$HOST" >"$BATS_TEST_TMPDIR/areas"
	jq -r '.[] | "\(.path) \(.kind) \(.covered)"' "$BATS_TEST_TMPDIR/areas"
}

why() { jq -r --arg path "$1" '.[] | select(.path == $path).why' "$BATS_TEST_TMPDIR/areas"; }

# left_out PATH
left_out() { jq -r --arg path "$1" --arg data '/var/lib/pg data' --argjson swap '["/swap file"]' -f "$LIB/left-out.jq" "$BATS_TEST_TMPDIR/areas"; }

@test "areas: what is declared, what a system needs, and why the rest is not there" {
	run -0 areas '["/var/lib/pg data","/srv/gone"]' "$USUAL"
	[ "$output" = "/ root true
/backup volume false
/boot boot true
/boot/efi boot true
/mnt/nas volume false
/snap/core/1 volume false
/srv/gone data false
/var volume true
/var/lib/machines volume false
/var/lib/pg data data true
/var/lib/pg data/wal data true" ]
	[[ $(why /backup) == *'ext4'*'option '\''volumes'* ]]
	[[ $(why /mnt/nas) == *'network'*'nas:/export'* ]]
	[[ $(why /srv/gone) == *'no such folder'* ]]
	[[ $(why /) == *'not at one moment'* ]]
	[[ $(why /boot) == *'kernel'* ]]
	[[ $(why /snap/core/1) == *'read-only image'* ]]
	[[ $(why /var/lib/machines) == *'subvolume'* ]]
}

@test "areas: option volumes says what is copied beside the root" {
	run -0 areas '[]' '/backup'
	[[ $output == *'/backup volume true'* ]]
	[[ $output == *'/var volume false'* ]]
	[[ $output == *'/var/lib/pg data volume false'* ]]
}

@test "areas: a declared folder on a network is copied all the same" {
	echo 'data /mnt/nas' >>"$HOST"
	run -0 areas '["/mnt/nas"]' "$USUAL"
	[[ $output == *'/mnt/nas data true'* ]]
}

@test "left out: what passes, what has a transfer or a volume of its own" {
	run -0 areas '["/var/lib/pg data"]' "$USUAL"
	run -0 left_out /
	[ "$output" = "H /proc/*
H /sys/*
H /dev/*
H /run/*
H /tmp/*
H /swap file
- /boot/*
- /boot/efi/*
- /var/*
H /var/lib/pg data/*
- /var/lib/pg data/wal/*" ]
	run -0 left_out /var
	[ "$output" = "H /lib/pg data/*
- /lib/pg data/wal/*" ]
	run -0 left_out '/var/lib/pg data'
	[ "$output" = '- /wal/*' ]
	run -0 left_out /boot/efi
	[ "$output" = '' ]
}

@test "left out: signs that mean something in a pattern mean themselves" {
	printf '%s\n' '[{"path":"/","kind":"root","covered":true},{"path":"/srv/a*[b]?\\c","kind":"volume","covered":true}]' >"$BATS_TEST_TMPDIR/areas"
	run -0 left_out /
	[ "${lines[6]}" = '- /srv/a\*\[b\]\?\\c/*' ]
}
