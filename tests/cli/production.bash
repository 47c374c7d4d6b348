# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# production.bash - an environment that can be cloned: original and copy are this machine, read over ssh on loopback
# by way of the provider tests/cli/copies.

setup_file() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	start_sshd "$BATS_FILE_TMPDIR"
}

teardown_file() {
	stop_sshd "$BATS_FILE_TMPDIR"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	OPTIONS= EXTRA= PERSONAL=false DB_PORT=$(cat "$BATS_FILE_TMPDIR/port")
	mkdir named && echo one >named/a
	write_production
}

# The configuration; from OPTIONS of the provider, EXTRA keys of the group db, PERSONAL, DB_PORT.
write_production() {
	local architecture platform port

	architecture=$(dpkg --print-architecture)
	platform=$(. /etc/os-release && echo "$ID-$VERSION_ID-$architecture")
	port=$(cat "$BATS_FILE_TMPDIR/port")
	: >k.gpg
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: tiny, uri: "file:///nowhere", suites: bookworm, architectures: $architecture, keyring: k.gpg}
		platforms:
		  - {name: $platform, sources: [tiny]}
		ssh: {known-hosts: $BATS_FILE_TMPDIR/known_hosts, identities: [$BATS_FILE_TMPDIR/id], connect-timeout: 3s}
		providers:
		  - {name: copies, command: [$BATS_TEST_DIRNAME/copies], options: {folder: $PWD/copies$OPTIONS}, timeout: 20s}
		environments:
		  - name: production
		    personal-data: $PERSONAL
		    groups:
		      - {name: web, hosts: [{name: prod-web1, address: 127.0.0.1, port: $port}], files: [$PWD/named]}
		      - {name: db, hosts: [{name: prod-db1, address: 127.0.0.1, port: $DB_PORT}]$EXTRA}
		    gate: {tests: [smoke]}
		    clone: {provider: copies, expires: 2d}
		tests:
		  - {name: smoke, command: [/bin/true]}
	YAML
}

journal() {
	run_cli 0 show "$1" --json
	jq -r '.journal[] | "\(.action) \(.target // "") \(.state)"' <<<"$output"
}
