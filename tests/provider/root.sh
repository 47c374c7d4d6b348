# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# root.sh - the smallest host there can be, from this machine's own programs: an init, a shell, sshd, a writer.

ROOT_PROGRAMS='bash sh sleep cat ls mkdir rm mv cp ln touch chmod chown date hostname ip awk sort head id uname sync dd timeout nsenter'

# root_make FOLDER KEY: KEY.pub may log in as root; the host key is KEY too.
root_make() {
	local root=$1 program

	mkdir -p "$root"/{bin,sbin,lib,lib64,usr/bin,usr/sbin,usr/lib,etc/ssh,root/.ssh,run,tmp,proc,sys,dev,var/tmp,var/log,srv,data}
	for program in $ROOT_PROGRAMS; do
		root_copy "$root" "$(command -v "$program")" "/bin/$program"
	done
	root_copy "$root" "$(command -v sshd || echo /usr/sbin/sshd)" /usr/sbin/sshd
	cp /etc/os-release "$root/usr/lib/os-release"
	printf 'root:x:0:0::/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/bin/false\n' >"$root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
	printf 'HostKey /etc/ssh/key\nUsePAM no\nUseDNS no\nPermitRootLogin prohibit-password\n' >"$root/etc/ssh/sshd_config"
	install -m 600 "$2" "$root/etc/ssh/key"
	install -m 600 "$2.pub" "$root/root/.ssh/authorized_keys"
	chmod 700 "$root/root/.ssh"
	root_init >"$root/sbin/init"
	chmod 755 "$root/sbin/init"
}

# root_copy ROOT PROGRAM PLACE: with the libraries it is linked to.
root_copy() {
	local library

	cp -L "$2" "$1$3"
	ldd "$2" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' | while read -r library; do
		[ -e "$1$library" ] || {
			mkdir -p "$1${library%/*}"
			cp -L "$library" "$1$library"
		}
	done
}

# Ends in order on the signal that systemd-nspawn sends for that. Says so on disk, where a copy made meanwhile cannot have it.
# Numbers go to /data/ticks as fast as a shop would write.
root_init() {
	cat <<-'INIT'
		#!/bin/bash
		export PATH=/bin:/usr/sbin
		trap 'echo down >>/var/log/boots; exit 0' RTMIN+3
		hostname "$(cat /etc/hostname)"
		echo up >>/var/log/boots
		mkdir -p /run/sshd
		/usr/sbin/sshd -D &
		number=$(awk 'END { print $1 + 0 }' /data/ticks 2>/dev/null)
		while :; do
			number=$((number + 1))
			echo $number >>/data/ticks
			echo $number >/srv/last
			sleep 0.02 &
			wait $!
		done
	INIT
}
