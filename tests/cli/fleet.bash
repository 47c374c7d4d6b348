# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# fleet.bash - this machine as two hosts, read through an sshd of our own on loopback. Nothing is changed on it.

# start_sshd DIRECTORY: leaves its port in DIRECTORY/port; the client's files are beside it.
start_sshd() {
	local port try

	ssh-keygen -q -t ed25519 -N '' -f "$1/host"
	ssh-keygen -q -t ed25519 -N '' -f "$1/id"
	mkdir -p /run/sshd
	for try in 1 2 3 4 5; do
		port=$((20000 + (RANDOM + try) % 12000))
		cat >"$1/sshd_config" <<-CONFIG
			Port $port
			ListenAddress 127.0.0.1
			HostKey $1/host
			AuthorizedKeysFile $1/id.pub
			StrictModes no
			UsePAM no
			PermitRootLogin yes
			PidFile $1/pid
			SetEnv PATCHLINE_ROOT=$1/root
		CONFIG
		# The shell's own descriptors stay here: bats waits for whoever holds them.
		/usr/sbin/sshd -f "$1/sshd_config" >"$1/sshd.log" 2>&1 3>&- || continue
		wait_for_file "$1/pid" || continue
		echo "$port" >"$1/port"
		echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$1/host.pub")" >"$1/known_hosts"
		return 0
	done
	return 1
}

wait_for_file() {
	local try

	for try in 1 2 3 4 5 6 7 8 9 10; do
		[ ! -s "$1" ] || return 0
		sleep "0.$try"
	done
	return 1
}

stop_sshd() {
	[ ! -s "$1/pid" ] || kill "$(cat "$1/pid")"
}

# make_newer ARCHIVE PACKAGE VERSION: a .deb of that name with a changelog that fixes three CVEs.
make_newer() {
	local installed

	installed=$(dpkg-query -W -f '${Version}' "$2")
	mkdir -p newer/DEBIAN "newer/usr/share/doc/$2"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: N <n@example.org>\nDescription: newer\n' \
		"$2" "$3" "$(dpkg --print-architecture)" >newer/DEBIAN/control
	gzip -9n >"newer/usr/share/doc/$2/changelog.Debian.gz" <<-CHANGELOG
		$2 ($3) stable; urgency=high

		  * Fix CVE-2026-1111, CVE-2026-2222 and CVE-2026-3333.

		 -- N <n@example.org>  Mon, 23 Nov 2026 10:00:00 +0000

		$2 ($installed) stable; urgency=low

		  * Fix CVE-2025-9999, which everybody has already.

		 -- N <n@example.org>  Mon, 24 Nov 2025 10:00:00 +0000
	CHANGELOG
	dpkg-deb --root-owner-group -b newer "$1/pool/$2_$3.deb" >/dev/null
}

# write_fleet SSH: the configuration of two environments with this machine in each.
write_fleet() {
	local architecture platform

	architecture=$(dpkg --print-architecture)
	platform=$(. /etc/os-release && echo "$ID-$VERSION_ID-$architecture")
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: tiny, uri: "file://$PWD/archive", suites: bookworm, architectures: $architecture, keyring: archive/k.gpg, security: true}
		platforms:
		  - {name: $platform, sources: [tiny]}
		ssh: {known-hosts: $1/known_hosts, identities: [$1/id], connect-timeout: 3s}
		environments:
		  - name: development
		    groups: [{name: web, hosts: [{name: dev-web1, address: 127.0.0.1, port: $(cat "$1/port")}]}]
		    gate: {tests: [smoke], approvals: 1}
		  - name: qa
		    groups: [{name: web, hosts: [{name: qa-web1, address: 127.0.0.1, port: $(cat "$1/port")}]}]
		tests:
		  - {name: smoke, command: [/bin/true]}
	YAML
}
