#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# check tries everything at once, and says what to do about each thing that is wrong.

load helper
load archive

setup_file() {
	load archive
	make_archive "$BATS_FILE_TMPDIR/archive"
}

# status_of AREA NAME: of the rows with that name, in the last answer.
status_of() {
	jq -r --arg area "$1" --arg name "$2" '.[] | select(.area == $area and .name == $name).status' <<<"$output"
}

@test "everything that is wrong is listed at once with what to do" {
	rm smoke k.gpg
	run_cli 1 check --json
	fits check
	[ "$(status_of state directory)" = good ]
	[ "$(status_of test smoke)" = wrong ]
	[ "$(status_of source debian)" = wrong ]
	for host in dev-web1 qa-web1 qa-db1; do
		[ "$(status_of host "$host")" = wrong ]
	done
	[ "$(jq '[.[] | select(.status == "wrong" and .todo == "")] | length' <<<"$output")" = 0 ]
	has "$stderr" "5 of "
}

@test "people get a table and a sum" {
	run_cli 1 check
	has "$output" "STATUS" "WHAT TO DO" "dev-web1" "wrong"
	has "$stderr" "checks failed"
}

@test "a source is reached, and its signature checked" {
	cp -r "$BATS_FILE_TMPDIR/archive" archive
	write_config "file://$PWD/archive"
	cp archive/k.gpg k.gpg
	run_cli 1 check --json # the hosts are out of reach
	[ "$(status_of source debian)" = good ]
	: >k.gpg
	run_cli 1 check --json
	[ "$(status_of source debian)" = wrong ]
	[ "$(jq -r '.[] | select(.area == "source").todo' <<<"$output")" = "let 'keyring' name the file with the archive's keys" ]
}

@test "a suite that the archive does not have is named" {
	cp -r "$BATS_FILE_TMPDIR/archive" archive
	write_config "file://$PWD/archive"
	sed -i 's/suites: bookworm/suites: trixie/' patchline.yaml
	cp archive/k.gpg k.gpg
	run_cli 1 check --json
	[ "$(status_of source debian)" = wrong ]
	has "$(jq -r '.[] | select(.area == "source").what' <<<"$output")" trixie
}

@test "keys and files of ssh that are not there are named" {
	sed -i 's/^ssh: .*/ssh: {connect-timeout: 2s, identities: [id_none], known-hosts: known_none}/' patchline.yaml
	run_cli 1 check --json
	fits check
	[ "$(status_of ssh identity)" = wrong ]
	[ "$(status_of ssh known-hosts)" = wrong ]
}

@test "a state directory that cannot be written is wrong, and the rest is tried all the same" {
	: >file
	sed -i 's,^state: .*,state: file/state,' patchline.yaml
	run_cli 1 check --json
	[ "$(status_of state directory)" = wrong ]
	[ "$(status_of test smoke)" = good ]
	[ "$(status_of host qa-db1)" = wrong ]
}

@test "a configuration that is wrong is told before anything is tried" {
	sed -i 's/^sources:/surces:/' patchline.yaml
	run_cli 2 check
	has "$stderr" "line 2" "did you mean 'sources'?"
	[ -z "$output" ]
}

@test "a host that is named by its name alone is tried like the others" {
	sed -i 's/hosts: \[{name: dev-web1[^]]*\]/hosts: [127.0.0.9]/' patchline.yaml
	run_cli 1 check --json
	fits check
	[ "$(status_of host 127.0.0.9)" = wrong ]
}

# cloned KEYS: qa can be cloned by a provider, and its group db has these keys.
cloned() {
	cat >provider <<-'SH'
		#!/bin/sh
		while read -r request; do
			printf '%s\n' "$request" | jq -c '{id, result: {protocol: 1, name: "fake", version: "3",
				operations: ["describe", "coverage", "clone", "run", "start", "stop", "remove", "list"]}}'
		done
	SH
	chmod +x provider
	sed -i -e 's|^environments:|providers: [{name: fake, command: ./provider}]\n&|' \
		-e "s|- name: qa\$|&\n    clone: {provider: fake}|" \
		-e "s|{name: db, |{name: db, $1, |" patchline.yaml
}

@test "providers are asked who they are" {
	cloned "sanitize: mask"
	: >mask
	run_cli 1 check --json # the hosts are out of reach
	fits check
	[ "$(status_of provider fake)" = good ]
	[ "$(jq -r '.[] | select(.area == "provider").what' <<<"$output")" = "fake 3" ]
	[ "$(status_of sanitize db)" = good ]
	rm provider mask
	run_cli 1 check --json
	fits check
	[ "$(status_of provider fake)" = wrong ]
	[ "$(status_of sanitize db)" = wrong ]
}

@test "what a clone could not do is told before it is needed" {
	cloned "stateful: true"
	run_cli 1 check --json
	fits check
	[ "$(status_of clone qa)" = "warning
warning" ]
	has "$(jq -r '.[] | select(.area == "clone").what' <<<"$output")" "no tests to pass" "group 'db' is stateful"
	sed -i 's|stateful: true|stateful: true, data: /srv|; s|provider: fake}|provider: fake, gate: {tests: smoke}}|' patchline.yaml
	run_cli 1 check --json
	[ "$(status_of clone qa)" = "" ]
}
