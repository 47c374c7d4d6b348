# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# tried.bash - this machine as production and as its clone, read over ssh on loopback by way of the provider tests/cli/copies.
# The set $SET that is tried is empty, so nothing is done to it. Loaded after helper.bash, archive.bash and fleet.bash.

setup_file() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	tried_make "$BATS_TEST_DIRNAME/copies"
}

# tried_make PROVIDER: in $BATS_FILE_TMPDIR, read and told, with an empty set in freeze.json.
tried_make() {
	PROVIDER=$1
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export PROVIDER ARCHIVE_ARCHITECTURE
	start_sshd "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_archive "$PWD/archive"
	make_newer archive jq 99.1
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	write_production "$PWD" "$PWD"
	"$PATCHLINE" sync >sync.log && "$PATCHLINE" scan >scan.log
	"$PATCHLINE" deployed 2.1 --to production >deployed.log
	"$PATCHLINE" freeze 2.1 --for production --except jq --json >freeze.json
}

teardown_file() {
	stop_sshd "$BATS_FILE_TMPDIR"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_production "$BATS_FILE_TMPDIR" "$PWD"
	SET=$(jq -r .set freeze.json)
}

# write_production SSH FOLDER: this machine as production; its named file and its suite are in FOLDER.
write_production() {
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
		providers:
		  - {name: copies, command: [$PROVIDER], options: {folder: $2/copies}}
		environments:
		  - name: production
		    groups:
		      - name: web
		        hosts: [{name: prod-web1, address: 127.0.0.1, port: $(cat "$1/port")}]
		        files: [$2/named]
		    gate: {tests: [smoke]}
		    clone: {provider: copies, gate: {approvals: 1}}
		tests:
		  - {name: smoke, command: [$2/smoke]}
	YAML
	echo "as it is" >"$2/named"
	cat >"$2/smoke" <<-'SH'
		#!/bin/sh
		echo "${INSIDE:-outside} $PATCHLINE_ENVIRONMENT $PATCHLINE_CLONE $PATCHLINE_HOSTS"
		[ ! -e "${0%/*}/broken" ]
	SH
	chmod +x "$2/smoke"
}

rehearse() {
	run_cli "$1" rehearse production --set "$SET" --json
	fits rehearse
}
