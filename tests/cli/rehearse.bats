#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rehearsing on a clone, approving it, and bringing its set to the original. Original and copy are this machine, read
# over ssh on loopback by way of the provider tests/cli/copies; the set that is tried is empty, so nothing is done to it.

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
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	write_production "$PWD" "$PWD"
	"$PATCHLINE" sync >sync.log && "$PATCHLINE" scan >scan.log
	"$PATCHLINE" deployed 2.1 --to production >deployed.log
	"$PATCHLINE" freeze 2.1 --for production --except jq --json >freeze.json
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
		  - {name: copies, command: [$BATS_TEST_DIRNAME/copies], options: {folder: $2/copies}}
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

@test "rehearse says what it wants" {
	run_cli 2 rehearse production
	has "$stderr" "--fix NAME"
	run_cli 2 rehearse production --all --security
	run_cli 2 rehearse nowhere --all
	run_cli 1 rehearse production --fix CVE-2026-4711
	has "$stderr" "names CVE-2026-4711"
}

@test "a dry run shows what would be tried, and why" {
	run_cli 0 rehearse production --fix CVE-2026-2222 --dry-run --json
	fits rehearse
	[ "$(jq -r '.[] | .name + ": " + .why' <<<"$output")" = "jq: asked for: CVE-2026-2222" ]
	run_cli 0 rehearse production --all --dry-run
	has "$output" jq pending "Dry run"
	run_cli 0 log --subject production --json
	lacks "$output" rehearsal
}

@test "a clone is made, patched and tested from inside, and waits for approval" {
	rehearse 0
	[ "$(jq -r '.state + " " + .clone' <<<"$output")" = "waiting production/clone-1" ]
	local test
	test=$(jq '.tests[0].id' <<<"$output")
	run_cli 0 show rehearsal-1 --json
	fits show
	[ "$(jq -r '.state + " " + .clone + " " + .asked' <<<"$output")" = "waiting production/clone-1 set ${SET:0:12}" ]
	run_cli 0 evidence --output "$test"
	has "$output" "yes production clone-1 prod-web1=127.0.0.1"
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "0 of 1 approvals" "patchline approve" "production/clone-1"
	run_cli 0 status --json
	fits status
	[ "$(jq -c '[.environments[].environment]' <<<"$output")" = '["production"]' ]
}

@test "what was approved enters the original, and is proved equal" {
	rehearse 0
	run_cli 0 approve production/clone-1 --comment "looked at it" --json
	fits approve
	run_cli 2 promote production/clone-1
	run_cli 2 promote production --patch-original
	run_cli 0 promote production/clone-1 --patch-original --dry-run --json
	fits promote
	run_cli 0 promote production/clone-1 --patch-original --json
	fits promote
	[ "$(jq -c '[.is_complete, .equality.verdict, .equality.equal_hosts]' <<<"$output")" = '[true,"equal",1]' ]
	run_cli 0 log --subject production/clone-1 --json
	has "$output" entry.equal clone.entered clone.approved
	run_cli 0 show production --json
	[ "$(jq -r '.set' <<<"$output")" = "$SET" ]
}

@test "an approval is stale once a named file of the original has changed" {
	rehearse 0
	run_cli 0 approve production/clone-1
	echo changed >named
	run_cli 3 promote production/clone-1 --patch-original --dry-run
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "prod-web1" "$PWD/named" "rehearse it anew"
	run_cli 0 log --subject production/clone-1 --json
	has "$output" clone.stale
}

@test "an approval is stale once another release runs in the original" {
	rehearse 0
	run_cli 0 approve production/clone-1
	run_cli 0 deployed 2.2 --to production
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "2.1" "2.2"
}

@test "a test that fails leaves the clone up, with logs and output" {
	touch broken
	rehearse 1
	[ "$(jq -r .state <<<"$output")" = failed ]
	has "$stderr" "test 'smoke' failed" "patchline enter production/clone-1" "patchline evidence production/clone-1"
	[ -s "$(jq -r .logs <<<"$output")/prod-web1.log" ]
	run_cli 3 promote production/clone-1 --patch-original
	rm broken
	run_cli 0 test production/clone-1 --json
	fits test
	run_cli 0 approve production/clone-1
	run_cli 0 promote production/clone-1 --patch-original
	has "$output" "Proof of equality: 1 of 1 hosts"
}

@test "nothing pending is nothing to try" {
	rm archive/pool/jq_99.1.deb
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture) index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	run_cli 0 sync
	run_cli 3 rehearse production --all
	has "$stderr" "nothing is pending on the hosts of 'production'"
}

@test "an environment whose release nobody told is refused, with what tells it" {
	rm -rf state
	run_cli 0 sync
	run_cli 0 scan
	run_cli 3 rehearse production --all
	has "$stderr" "patchline deployed RELEASE --to production"
}
