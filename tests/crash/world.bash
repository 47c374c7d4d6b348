# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# world.bash - an environment of three machines that are folders with an sshd each (tests/crash/provider).
#
# What patchline reads on them is this machine; what differs between machines lies in the folder that $MACHINE names there.

WORLD_HOSTS='prod-db1 prod-web1 prod-web2'

# world_make: in the current folder; leaves WORLD and patchline.yaml, all machines up.
world_make() {
	local port try host

	WORLD=$PWD/world
	mkdir -p "$WORLD/places" "$WORLD/data" "$WORLD/kept" /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f "$WORLD/host"
	ssh-keygen -q -t ed25519 -N '' -f "$WORLD/id"
	for try in 1 2 3 4 5; do
		port=$((20000 + (RANDOM + try) % 12000))
		world_places "$port"
		world_start && break
		world_stop
	done
	for host in $WORLD_HOSTS; do
		echo "[127.0.0.1]:$(cat "$WORLD/places/$host/port") $(cut -d' ' -f1,2 "$WORLD/host.pub")"
	done >"$WORLD/known_hosts"
	world_config
}

# world_places PORT: the machines' folders, from that port on.
world_places() {
	local host port=$1

	for host in $WORLD_HOSTS; do
		mkdir -p "$WORLD/places/$host" "$WORLD/data/$host"
		echo "$port" >"$WORLD/places/$host/port"
		echo 2.2 >"$WORLD/places/$host/release"
		echo original >"$WORLD/places/$host/system"
		port=$((port + 1))
	done
}

# world_ask OPERATION: of all originals, as the program would.
world_ask() {
	# shellcheck disable=SC2086
	printf '%s\n' $WORLD_HOSTS | jq -cRn --arg op "$1" --arg world "$WORLD" \
		'{id: 1, op: $op, clone: null, options: {world: $world}, hosts: [inputs | {name: .}]}' |
		env -u PATCHLINE_CRASH "$CRASH/provider" 3>&- | jq -e .result >/dev/null
}

world_start() { world_ask start && sleep 0.2 && world_is_up; }

world_is_up() {
	local host

	for host in $WORLD_HOSTS; do
		[ -s "$WORLD/places/$host/sshd.pid" ] || return 1
	done
}

# world_stop: every machine, clones too.
world_stop() {
	local pid

	[ ! -d "$WORLD" ] || find "$WORLD" -name sshd.pid -size +0 | while IFS= read -r pid; do
		pkill -P "$(cat "$pid")" 2>/dev/null || :
		kill "$(cat "$pid")" 2>/dev/null || :
	done
}

# world_group NAME HOST...
world_group() {
	local host

	printf '      - name: %s\n        hosts:\n' "$1"
	for host in "${@:2}"; do
		printf '          - {name: %s, address: 127.0.0.1, port: %s}\n' "$host" "$(cat "$WORLD/places/$host/port")"
	done
	# shellcheck disable=SC2016
	printf '        health: [%s]\n        release-check: %s\n' "'test ! -e \"\$MACHINE/sick\"'" "'cat \"\$MACHINE/release\"'"
}

world_config() {
	local architecture platform

	architecture=$(dpkg --print-architecture)
	platform=$(. /etc/os-release && echo "$ID-$VERSION_ID-$architecture")
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n[ ! -e "%s/fail-${PATCHLINE_CLONE:-original}" ]\n' "$WORLD" >smoke
	chmod +x smoke
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: tiny, uri: "file://$PWD/archive", suites: bookworm, architectures: $architecture, keyring: archive/k.gpg}
		platforms:
		  - {name: $platform, sources: [tiny]}
		providers:
		  - {name: folders, command: [$CRASH/provider], options: {world: $WORLD}, timeout: 1m}
		ssh: {known-hosts: $WORLD/known_hosts, identities: [$WORLD/id], config: /dev/null, connect-timeout: 3s}
		environments:
		  - name: production
		    clone: {provider: folders, gate: {tests: [smoke], approvals: ${APPROVALS:-0}}}
		    groups:
		$(world_group db prod-db1)
		        ${DB_KEYS-"stateful: true"}
		        ${DB_DATA-"data: [/var/lib/shop]"}
		$(world_group web prod-web1 prod-web2)
		        canary: 1
		        wave: 1
		tests:
		  - {name: smoke, command: [$PWD/smoke]}
	YAML
}

# world_system HOST: which system stands in its place.
world_system() { cat "$WORLD/places/$1/system"; }

# world_rehearse: production runs a release and a set that changes nothing, and production/clone-1 waits to enter it.
# Leaves the id of the candidate in the file candidate. load archive before.
world_rehearse() {
	local frozen host clone

	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	make_archive "$PWD/archive"
	world_make
	{
		"$PATCHLINE" sync && "$PATCHLINE" scan && frozen=$("$PATCHLINE" freeze 2.2 --json) &&
			"$PATCHLINE" deployed 2.2 --to production &&
			"$PATCHLINE" rehearse production --set "$(jq -r .set <<<"$frozen")"
	} >rehearse.log 2>&1 || {
		cat rehearse.log
		return 1
	}
	jq -r .candidate <<<"$frozen" >candidate
	clone=$WORLD/clones/$("$PATCHLINE" show production/clone-1 --json | jq -r .known_as)
	for host in $WORLD_HOSTS; do
		echo clone-1 >"$clone/$host/system"
		! [ -d "$clone/kept/patched/$host" ] || echo clone-1 >"$clone/kept/patched/$host/system"
	done
}

# world_keep, world_again: remember how all is now; make it so again, machines and all.
world_keep() {
	rm -rf kept
	mkdir kept
	cp -a world state kept/
}

world_again() {
	local pid

	WORLD=$PWD/world
	world_stop
	rm -rf world state
	cp -a kept/world kept/state .
	find "$WORLD" -name sshd.pid | while IFS= read -r pid; do
		rm "$pid"
		/usr/sbin/sshd -f "${pid%/sshd.pid}/sshd_config" 3>&-
	done
}

# world_systems: which systems stand in the places.
world_systems() {
	local host

	for host in $WORLD_HOSTS; do
		world_system "$host"
	done | paste -sd' '
}
