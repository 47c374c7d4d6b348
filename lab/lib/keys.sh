# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# keys.sh - the controller's ssh key, the host keys, and the files that tell ssh of both.

KEYS=$LAB/ssh

keys_make() {
	local host

	mkdir -p "$KEYS/hosts"
	chmod 700 "$KEYS"
	keys_pair "$KEYS/id_ed25519" patchline-lab
	for host in $(fleet_hosts); do
		keys_pair "$KEYS/hosts/$host" "root@$host"
	done
	keys_known_hosts >"$KEYS/known_hosts"
	keys_config >"$KEYS/config"
}

# keys_pair FILE COMMENT: made in full or not at all.
keys_pair() {
	[ ! -s "$1" ] || return 0
	rm -f "$1.new" "$1.new.pub"
	ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$1.new"
	mv "$1.new.pub" "$1.pub"
	mv "$1.new" "$1"
}

keys_known_hosts() {
	local host

	for host in $(fleet_hosts); do
		echo "$host,$(fleet_address "$host") $(cut -d' ' -f1,2 "$KEYS/hosts/$host.pub")"
	done
}

# OpenSSH's first choice of key exchange costs five times the work of this one.
keys_config() {
	local host

	for host in $(fleet_hosts); do
		printf 'Host %s\n\tHostName %s\n' "$host" "$(fleet_address "$host")"
	done
	cat <<-CONFIG
		Host *
			User root
			IdentityFile $KEYS/id_ed25519
			IdentitiesOnly yes
			UserKnownHostsFile $KEYS/known_hosts
			GlobalKnownHostsFile /dev/null
			StrictHostKeyChecking yes
			KexAlgorithms curve25519-sha256
			ConnectTimeout 5
			BatchMode yes
			LogLevel ERROR
	CONFIG
}
