#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# providers/libvirt on a stand-in for virsh, with real disk images, taps and namespaces. As root.
# PROVIDERS is the folder with the providers.

bats_require_minimum_version 1.5.0

setup() {
	local program

	[ "$(id -u)" = 0 ] || skip "wants root"
	for program in qemu-img qemu-io xsltproc xmllint nft jq; do
		command -v $program >/dev/null || skip "wants $program"
	done
	export HYPERVISOR=$BATS_TEST_TMPDIR/hypervisor
	NAMES=t$$.$BATS_TEST_NUMBER-
	CLONES=$BATS_TEST_TMPDIR/clones
	mkdir "$HYPERVISOR" "$CLONES" "$BATS_TEST_TMPDIR/images" "$BATS_TEST_TMPDIR/bin"
	ln -s "$BATS_TEST_DIRNAME/virsh" "$BATS_TEST_TMPDIR/bin/virsh"
	# the provider sets its own PATH: the stand-in comes by a function that bash inherits
	virsh() { "$VIRSH" "$@"; }
	export -f virsh
	export VIRSH=$BATS_TEST_TMPDIR/bin/virsh
	machine web1 11
	machine db1 12
}

teardown() {
	[ -n "${HYPERVISOR-}" ] || return 0
	ask remove '"clone":"c1"' >/dev/null
	[ -z "$(ip netns list | grep -F "$NAMES")" ]
}

# machine HOST NUMBER: a running machine with a system disk and a data disk.
machine() {
	local disk

	for disk in vda vdb; do
		qemu-img create -q -f qcow2 "$BATS_TEST_TMPDIR/images/$1-$disk.qcow2" 64M
	done
	cat >"$HYPERVISOR/$1.xml" <<-XML
		<domain type='kvm' id='3'>
		  <name>$1</name>
		  <uuid>0b6e4f3a-0000-4000-8000-0000000000$2</uuid>
		  <metadata><a:b xmlns:a='http://example.org'/></metadata>
		  <memory unit='MiB'>256</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>
		      <source file='$BATS_TEST_TMPDIR/images/$1-vda.qcow2'/><target dev='vda' bus='virtio'/></disk>
		    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/>
		      <source file='$BATS_TEST_TMPDIR/images/$1-vdb.qcow2'/><target dev='vdb' bus='virtio'/></disk>
		    <disk type='file' device='cdrom'><source file='/srv/iso/install.iso'/><target dev='sda' bus='sata'/></disk>
		    <interface type='bridge'><mac address='52:54:00:00:00:$2'/><source bridge='br0'/><target dev='vnet7'/><model type='virtio'/></interface>
		    <filesystem type='mount'><source dir='/srv/share'/><target dir='share'/></filesystem>
		    <vsock model='virtio'><cid auto='yes'/></vsock>
		    <hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>
		    <graphics type='vnc' port='5901' listen='0.0.0.0'/>
		  </devices>
		</domain>
	XML
	echo running >"$HYPERVISOR/$1.state"
	guest_write "$1" vda 1
}

source_of() { xmllint --xpath "string(/domain/devices/disk[target/@dev='$2']/source/@file)" "$HYPERVISOR/$1.xml"; }

# guest_write MACHINE TARGET BYTE; guest_has MACHINE TARGET BYTE: a machine's first sector.
guest_write() { qemu-io -c "write -q -P $3 0 4096" "$(source_of "$1" "$2")"; }
guest_has() { qemu-io -r -U -c "read -q -P $3 0 4096" "$(source_of "$1" "$2")" | (! grep -q failed); }

# ask OP [MEMBERS]: prints the answer.
ask() {
	local hosts='"hosts":[{"name":"web1","address":"10.77.9.11"},{"name":"db1","address":"10.77.9.12","data":["/srv/db"]}]'

	printf '{"id":1,"op":"%s",%s%s,"options":{%s"clones":"%s","names":"%s","reach":"10.97.0.0/16","clone-cgroup":"patchline-test/%s"}}\n' \
		"$1" "${2:+$2,}" "$hosts" "${MORE-}" "$CLONES" "$NAMES" "$NAMES" |
		"$PROVIDERS/libvirt" 2>"$BATS_TEST_TMPDIR/said" | grep -v '"progress"'
}

# good OP [MEMBERS]: `answer` is its result.
good() {
	answer=$(ask "$@")
	[ "$(jq -r 'has("result")' <<<"$answer")" = true ] || { echo "$answer" && cat "$BATS_TEST_TMPDIR/said" && return 1; }
	answer=$(jq -c .result <<<"$answer")
}

# bad KIND WORDS OP [MEMBERS]
bad() {
	answer=$(ask "${@:3}")
	[ "$(jq -r .error.kind <<<"$answer")" = "$1" ] || { echo "$answer" && return 1; }
	[[ $(jq -r .error.message <<<"$answer") == *"$2"* ]] || { echo "$answer" && return 1; }
}

copy() { echo "$NAMES"'c1@'"$1"; }

@test "coverage tells every disk, and what a copy of it is worth" {
	good coverage
	[ "$(jq -c '[.hosts[] | .host, (.areas[] | .path, .covered)]' <<<"$answer")" = \
		'["web1","/",true,"/dev/vdb",true,"db1","/",true,"/dev/vdb",true,"/srv/db",true]' ]
	[[ $answer == *'as after a power cut (no guest agent answers)'* ]]
	sed -i "0,/<target dev='vdb'/s|type='file' device='disk'><driver name='qemu' type='qcow2'/>|type='network' device='disk'><driver name='qemu' type='raw'/>|" "$HYPERVISOR/db1.xml"
	good coverage
	[ "$(jq '.hosts[1].areas[1].covered' <<<"$answer")" = false ]
	bad refused "disk vdb: a disk of kind 'network'" clone '"clone":"c1"'
	[ -z "$(ls "$CLONES")" ]
}

@test "a clone holds the moment, and the original stays on its own disks" {
	guest_write db1 vdb 7
	good clone '"clone":"c1"'
	first=$answer
	[ "$(jq -r '[.hosts[].host] | join(" ")' <<<"$answer")" = "web1 db1" ]
	[ "$(jq '.started_at <= .hosts[0].taken_at and .hosts[1].taken_at <= .ended_at' <<<"$answer")" = true ]
	[ "$(source_of db1 vdb)" = "$BATS_TEST_TMPDIR/images/db1-vdb.qcow2" ]
	[ -z "$(find "$BATS_TEST_TMPDIR" -name '*patchline-aside*')" ]
	guest_write db1 vdb 8
	good clone '"clone":"c1"'
	[ "$answer" = "$first" ]
	good start '"clone":"c1"'
	guest_has "$(copy db1)" vdb 7
	guest_write "$(copy db1)" vdb 9
	guest_has db1 vdb 8
}

@test "what a machine writes while it is copied is in its own disks afterwards, and not in the copy" {
	# the copying of the first disk is the moment in which the guest writes
	cp() {
		[ -e "$HYPERVISOR/wrote" ] || { touch "$HYPERVISOR/wrote" && qemu-io -c 'write -q -P 5 0 4096' "$IMAGES/web1-vda.qcow2.patchline-aside"; }
		command cp "$@"
	}
	export -f cp
	export IMAGES=$BATS_TEST_TMPDIR/images
	good clone '"clone":"c1"'
	unset -f cp
	[ -e "$HYPERVISOR/wrote" ]
	guest_has web1 vda 5
	good start '"clone":"c1"'
	guest_has "$(copy web1)" vda 1
}

@test "a machine that is down is copied as it is, and one with an agent is brought to rest" {
	rm "$HYPERVISOR/web1.state"
	echo '{"return":[{"name":"eth0","hardware-address":"52:54:00:00:00:12","ip-addresses":[{"ip-address-type":"ipv4","ip-address":"10.77.9.12","prefix":24}]}]}' >"$HYPERVISOR/db1.agent"
	good clone '"clone":"c1"'
	! grep -q 'snapshot-create-as web1' "$HYPERVISOR/calls"
	grep -q 'snapshot-create-as db1 .*--quiesce' "$HYPERVISOR/calls"
	[ "$(jq -r '.network.links[0].mac' "$CLONES/c1/host/db1.json")" = 52:54:00:00:00:12 ]
}

@test "a copy is the same machine with no way out but its cables" {
	good clone '"clone":"c1"'
	good start '"clone":"c1"'
	xml=$HYPERVISOR/$(copy web1).xml
	[ "$(xmllint --xpath 'string(//interface/mac/@address)' "$xml")" = 52:54:00:00:00:11 ]
	[ "$(xmllint --xpath 'string(//interface/@type)' "$xml")" = ethernet ]
	[ "$(xmllint --xpath 'count(//uuid | //metadata | //filesystem | //vsock | //hostdev | //graphics)' "$xml")" = 0 ]
	[ "$(xmllint --xpath 'count(//disk[@device="cdrom"]/source)' "$xml")" = 0 ]
	[ "$(xmllint --xpath 'string(//disk[1]/driver/@cache)' "$xml")" = none ]
	# its cable is inside the fence's network, and no longer on this machine's
	tap=$(xmllint --xpath 'string(//interface/target/@dev)' "$xml")
	! ip link show "$tap" 2>/dev/null
	ip -n "$NAMES"c1@ link show "$tap" | grep -q 'master hosts'
	[[ $(jq -r '.hosts[0].address' <<<"$answer") == 10.97.*.11 ]]
	[ "$(jq -r '.inside[-1]' <<<"$answer")" = -- ]
	grep -q "^start $(copy web1) --paused" "$HYPERVISOR/calls"
	[ "$(cat "$HYPERVISOR/$(copy web1).state")" = running ]
	good start '"clone":"c1"'
	[ "$(grep -c "^start $(copy web1)" "$HYPERVISOR/calls")" = 1 ]
}

@test "a failure in the middle gives everything back, and the next call succeeds" {
	echo 'blockcommit db1 vdb' >"$HYPERVISOR/broken"
	bad system 'cannot be put back' clone '"clone":"c1"'
	for disk in vda vdb; do
		[ "$(source_of db1 $disk)" = "$BATS_TEST_TMPDIR/images/db1-$disk.qcow2" ]
		[ "$(source_of web1 $disk)" = "$BATS_TEST_TMPDIR/images/web1-$disk.qcow2" ]
	done
	[ ! -e "$CLONES/c1" ]
	good clone '"clone":"c1"'
}

@test "a kill while originals write aside is made good by the next call, and by remove" {
	mkdir -p "$CLONES/c1/host"
	echo '{}' >"$CLONES/c1/host/web1.json"
	for call in 'clone "clone":"c1"' 'remove "clone":"c1"'; do
		mkdir -p "$CLONES/c1/host" && echo '{}' >"$CLONES/c1/host/web1.json"
		rm -f "$CLONES/c1/clone.json"
		"$VIRSH" -q -c x snapshot-create-as web1 patchline --diskspec "vda,snapshot=external,file=$BATS_TEST_TMPDIR/images/web1-vda.qcow2.patchline-aside"
		guest_write web1 vda 6
		read -r op members <<<"$call"
		good "$op" "$members"
		[ "$(source_of web1 vda)" = "$BATS_TEST_TMPDIR/images/web1-vda.qcow2" ]
		guest_has web1 vda 6
		[ -z "$(find "$BATS_TEST_TMPDIR/images" -name '*aside*')" ]
	done
	[ ! -e "$CLONES/c1" ]
}

@test "copies are snapshotted and reverted, also to the moment of the clone" {
	good clone '"clone":"c1"'
	good start '"clone":"c1"'
	guest_write "$(copy web1)" vda 2
	good snapshot '"clone":"c1","name":"before"'
	[ "$(cat "$HYPERVISOR/$(copy web1).state")" = running ]
	guest_write "$(copy web1)" vda 3
	good revert '"clone":"c1","name":"before"'
	[ ! -e "$HYPERVISOR/$(copy web1).state" ]
	guest_has "$(copy web1)" vda 2
	good revert '"clone":"c1","name":"taken"'
	guest_has "$(copy web1)" vda 1
	good forget '"clone":"c1","name":"before"'
	bad not-found "no snapshot 'before'" revert '"clone":"c1","name":"before"'
	bad refused "goes with the clone" forget '"clone":"c1","name":"taken"'
}

# tree FOLDER: as little of a system as runs sh.
tree() {
	local file

	mkdir -p "$1"/{etc,proc,sys,dev,run,tmp,srv/db,usr/bin,usr/lib,usr/lib64,var,root}
	ln -s usr/bin "$1/bin"
	ln -s usr/lib "$1/lib"
	ln -s usr/lib64 "$1/lib64"
	echo 'ID=tiny' >"$1/etc/os-release"
	echo web1 >"$1/etc/hostname"
	printf 'LABEL=root / ext4 defaults 0 1\nUUID=5e1f6f0e-0000-4000-8000-000000000001 /srv/db ext4 defaults 0 2\n' >"$1/etc/fstab"
	cp /bin/dash "$1/usr/bin/sh"
	for file in $(ldd /bin/dash | grep -o '/[^ ]*'); do
		mkdir -p "$1/$(dirname "$file")"
		cp -L "$file" "$1/$file"
	done
}

@test "a program masks data on the opened disks of a copy, and the original keeps its own" {
	[ -e /dev/fuse ] || skip "wants FUSE"
	for program in qemu-storage-daemon systemd-nspawn mke2fs; do
		command -v $program >/dev/null || skip "wants $program"
	done
	tree "$BATS_TEST_TMPDIR/root"
	mkdir "$BATS_TEST_TMPDIR/data"
	echo alice >"$BATS_TEST_TMPDIR/data/customers"
	mke2fs -q -t ext4 -L root -d "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/root.raw" 64M
	mke2fs -q -t ext4 -U 5e1f6f0e-0000-4000-8000-000000000001 -d "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/data.raw" 64M
	qemu-img convert -O qcow2 "$BATS_TEST_TMPDIR/root.raw" "$BATS_TEST_TMPDIR/images/web1-vda.qcow2"
	qemu-img convert -O qcow2 "$BATS_TEST_TMPDIR/data.raw" "$BATS_TEST_TMPDIR/images/web1-vdb.qcow2"
	good clone '"clone":"c1"'
	script='read -r who </srv/db/customers; echo "was $who, $WITH $(while read -r word; do printf "%s" "$word"; done)"; echo nobody >/srv/db/customers'
	for words in 'was alice, salt 42' 'was nobody, salt 42'; do
		answer=$(jq -cn --arg clone c1 --arg script "$script" --arg clones "$CLONES" --arg names "$NAMES" '{id: 1, op: "run", clone: $clone,
			hosts: [{name: "web1", address: "10.77.9.11"}], script: $script, environment: {WITH: "salt"}, input: "42\n", timeout_ms: 60000,
			options: {clones: $clones, names: $names, "clone-cgroup": "patchline-test/\($names)"}}' |
			"$PROVIDERS/libvirt" 2>"$BATS_TEST_TMPDIR/said")
		[ "$(jq -r '.result.output' <<<"$answer")" = "$words" ] || { echo "$answer" && cat "$BATS_TEST_TMPDIR/said" && false; }
		[ "$(jq -r '.result.exit_status' <<<"$answer")" = 0 ]
		[ -z "$(losetup --list --noheadings --output BACK-FILE | grep -F "$CLONES")$(grep -F "$CLONES" /proc/mounts)" ]
	done
	qemu-img convert -O raw "$BATS_TEST_TMPDIR/images/web1-vdb.qcow2" "$BATS_TEST_TMPDIR/after.raw"
	[ "$(debugfs -R 'cat /customers' "$BATS_TEST_TMPDIR/after.raw" 2>/dev/null)" = alice ]
}

@test "originals are snapshotted and reverted; declared data only where its disk is known" {
	good snapshot '"clone":null,"name":"pre"'
	guest_write web1 vda 4
	bad refused "option 'data'" revert '"clone":null,"name":"pre"'
	guest_has web1 vda 4
	guest_write db1 vdb 9
	MORE='"data":"vdb",'
	good revert '"clone":null,"name":"pre"'
	guest_has web1 vda 1
	guest_has db1 vdb 9
	[ "$(cat "$HYPERVISOR/web1.state" 2>/dev/null)" = '' ]
}

@test "stopping is orderly, and hard past the limit" {
	good clone '"clone":"c1"'
	good start '"clone":"c1"'
	touch "$HYPERVISOR/$(copy web1).stubborn"
	good stop '"clone":"c1","timeout_ms":1000'
	grep -q "^destroy $(copy web1)" "$HYPERVISOR/calls"
	! grep -q "^destroy $(copy db1)" "$HYPERVISOR/calls"
	good stop '"clone":null'
	good start '"clone":null'
	[ "$(cat "$HYPERVISOR/web1.state")" = running ]
	[ "$(jq -c .inside <<<"$answer")" = '[]' ]
}

@test "list tells every clone of which anything is left; remove leaves nothing of it" {
	good clone '"clone":"c1"'
	good start '"clone":"c1"'
	good list
	[ "$(jq -c '.clones | map([.clone, .running, .hosts])' <<<"$answer")" = '[["c1",true,["db1","web1"]]]' ]
	good remove '"clone":"c1"'
	good remove '"clone":"c1"'
	good list
	[ "$(jq -c .clones <<<"$answer")" = '[]' ]
	[ -z "$(ls "$CLONES" | grep -v '^@')" ]
	[ "$(ls "$HYPERVISOR"/*.xml | wc -l)" = 2 ]
	[ "$(cat "$HYPERVISOR/web1.state")" = running ]
}

@test "libvirt that does not answer is told as such, and so is a domain that is not there" {
	echo version >"$HYPERVISOR/broken"
	bad unreachable 'libvirt does not answer at qemu:///system' coverage
	rm "$HYPERVISOR/db1.xml"
	bad not-found "libvirt has no domain 'db1'" clone '"clone":"c1"'
	[ ! -e "$CLONES/c1" ]
}
