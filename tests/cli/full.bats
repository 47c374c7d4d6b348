#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The controller's disk is full: commands say which, the store and the pool stay whole, and with room again the same
# command goes through. The state lies on a small file system of its own; the hosts are this machine.

load helper
load archive
load fleet

setup_file() {
	load archive
	load fleet
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	start_sshd "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_archive "$PWD/archive"
	make_newer archive jq 99.1
	head -c 300000 /dev/urandom >newer/usr/share/doc/jq/noise
	dpkg-deb --root-owner-group -b newer archive/pool/jq_99.1.deb >/dev/null
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
}

teardown_file() {
	load fleet
	stop_sshd "$BATS_FILE_TMPDIR"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_fleet "$BATS_FILE_TMPDIR"
	mkdir state
	mount -t tmpfs -o size=8m,mode=0700 none state 2>mount.log || skip "may not mount: $(cat mount.log)"
}

teardown() {
	gpgconf --homedir "$BATS_TEST_TMPDIR/state/gnupg" --kill all 2>/dev/null || :
	! mountpoint -q "$BATS_TEST_TMPDIR/state" || umount "$BATS_TEST_TMPDIR/state"
}

# leave KB: so much room and no more. make_room: all of it again.
leave() {
	make_room
	head -c "$((($(df --output=avail -k state | tail -1) - $1) * 1024))" /dev/zero >state/ballast
}

make_room() { rm -f state/ballast; }

# keep, again: the state as it was when it was kept.
keep() {
	rm -rf kept
	cp -a state kept
}

again() {
	gpgconf --homedir "$PWD/state/gnupg" --kill all 2>/dev/null || :
	find state -mindepth 1 -delete
	cp -a kept/. state/
}

# fails_well KB COMMAND...: 0 when it fails for want of room, says so, and harms nothing; 1 when it goes through.
fails_well() {
	local status=0

	leave "$1"
	"$PATCHLINE" "${@:2}" >told 2>&1 || status=$?
	make_room
	[ "$status" != 0 ] || return 1
	grep -iq "no space left" told && grep -q "$PWD/state" told && [ "$status" = 1 ] || {
		printf 'with %s KB, exit status %s:\n%s\n' "$1" "$status" "$(cat told)"
		exit 1
	}
	is_whole "$@"
}

# is_whole: nothing is damaged, and nothing of the command is left behind; no set was sealed before it.
is_whole() {
	run_cli 0 verify
	[ -z "$(find state -name '*.part' -o -path '*/sets/*' -o -name '*.??????' ! -path '*/gnupg/*' ! -path '*/keyrings/*')" ] || {
		printf 'with %s KB, this is left behind:\n%s\n' "$1" "$(find state -type f)"
		exit 1
	}
}

# grows_until_enough FROM STEP COMMAND...: more and more room until it goes through; then it has failed often enough.
grows_until_enough() {
	local room failures=0

	for ((room = $1; room < 4000; room += $2)); do
		again
		fails_well "$room" "${@:3}" || break
		run_cli 0 "${@:3}"
		failures=$((failures + 1))
	done
	echo "# ${*:3}: $failures times without room, enough with $room KB"
	[ "$room" -lt 4000 ] && [ "$failures" -ge 3 ]
	run_cli 0 verify
}

# reads: all that only reads goes through, and the record and the sets are whole.
reads() {
	local words

	for words in status hosts 'show development' "show $1" log verify "why $1" sets candidates evidence 'freeze 2.3 --dry-run'; do
		# shellcheck disable=SC2086 # words are words
		run_cli 0 $words
	done
}

@test "on a full disk, and a read-only one, what only reads works" {
	local host

	for words in sync scan 'deployed 2.1 --to development' 'freeze 2.2'; do
		# shellcheck disable=SC2086 # words are words
		run_cli 0 $words
	done
	run_cli 0 hosts development --json
	host=$(jq -r '.[0].name' <<<"$output")
	leave 0
	reads "$host"
	make_room
	mount -o remount,ro state
	reads "$host"
	run_cli 1 hold development --reason x
	has "$stderr" "it can only be read: Read-only file system"
	mount -o remount,rw state
	run_cli 0 hold development --reason x
}

@test "a disk without any room: what writes says why" {
	run_cli 0 hosts
	keep
	for command in sync scan 'deployed 2.1 --to development'; do
		again
		# shellcheck disable=SC2086
		fails_well 0 $command
		run_cli 0 ${command}
	done
}

@test "sync with some room, and with more" {
	run_cli 0 hosts
	keep
	grows_until_enough 36 20 sync
}

@test "scan with some room, and with more" {
	run_cli 0 sync
	keep
	grows_until_enough 40 45 scan
}

@test "a release is told with some room, and with more" {
	run_cli 0 hosts
	keep
	grows_until_enough 36 8 deployed 2.1 --to development
}

@test "freeze with some room, and with more: no half of a set is left" {
	run_cli 0 sync
	run_cli 0 scan
	keep
	grows_until_enough 330 15 freeze 2.2
	run_cli 0 sets --json
	[ "$(jq length <<<"$output")" = 1 ]
}
