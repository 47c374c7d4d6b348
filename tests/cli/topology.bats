#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What operations work on: a clone is an environment that is found by its name, and no part of the line; hosts that
# come and go with the file.

load helper

setup_file() {
	export PREPARED=$BATS_FILE_TMPDIR
	"$PREPARE" "$PREPARED/state" clone >"$PREPARED/words"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_config
	cp -r "$PREPARED/state" state
	eval "$(cat "$PREPARED/words")"
}

@test "hosts of a clone are listed when it is named" {
	run_cli 0 hosts --json
	fits hosts
	lacks "$output" clone
	run_cli 0 hosts qa/clone-1 --json
	fits hosts
	[ "$(jq -r '.[] | "\(.name) \(.group) \(.address)"' <<<"$output")" = "qa/clone-1/qa-web1 web 127.0.0.1
qa/clone-1/qa-db1 db " ]
	[ "$(jq -r '.[0].release' <<<"$output")" = 2.2 ]
	run_cli 0 hosts qa/clone-1
	has "$output" qa/clone-1/qa-web1
}

@test "a clone is scanned when it is named" {
	run_cli 1 scan qa/clone-1 --json
	fits scan
	[ "$(jq -r '.[] | "\(.host) \(.error_kind)"' <<<"$output")" = "qa/clone-1/qa-web1 unreachable
qa/clone-1/qa-db1 unreachable" ]
	has "$(jq -r '.[0].error' <<<"$output")" "127.0.0.1:1: Connection refused"
	has "$(jq -r '.[1].error' <<<"$output")" "qa/clone-1/qa-db1: the clone is not running"
	run_cli 1 scan qa/clone-1/qa-db1 --json
	[ "$(jq length <<<"$output")" = 1 ]
}

@test "a scan of everything leaves clones alone" {
	run_cli 1 scan --json
	fits scan
	[ "$(jq -r '[.[].environment] | unique | join(" ")' <<<"$output")" = "development qa" ]
	run_cli 0 hosts qa/clone-1 --json
	[ "$(jq -r '.[0].error' <<<"$output")" = null ]
	[ "$(jq -r '.[0].release' <<<"$output")" = 2.2 ]
	run_cli 0 log --json
	lacks "$(jq -r '.[] | select(.kind == "host.gone").subject_id' <<<"$output")" clone
}

@test "a clone is no part of the line" {
	run_cli 0 status --json
	fits status
	[ "$(jq -r '[.environments[].environment] | join(" ")' <<<"$output")" = "development qa" ]
	run_cli 0 log --json
	has "$output" '"clone.running"'
}

@test "a clone's host is shown by its name" {
	run_cli 0 show qa/clone-1/qa-web1 --json
	fits show
	[ "$(jq -r '"\(.kind) \(.environment)"' <<<"$output")" = "host qa/clone-1" ]
	run_cli 0 why qa/clone-1/qa-web1 --json
	fits why
	[ "$(jq -r .environment <<<"$output")" = qa/clone-1 ]
}

@test "commands that change an environment take a clone" {
	run_cli 0 test qa/clone-1 smoke
	has "$output" "qa/clone-1/qa-web1: "
	run_cli 0 evidence qa/clone-1 --json
	[ "$(jq -r '.tests[0] | "\(.environment) \(.suite) \(.outcome)"' <<<"$output")" = "qa/clone-1 smoke passed" ]
	run_cli 2 test qa/clone-9
	has "$stderr" "there is no clone 'qa/clone-9'"
	run_cli 2 approve "$CANDIDATE" --in qa/clone-9
	has "$stderr" "there is no clone 'qa/clone-9'"
}

@test "a candidate of the snapshot lane is found by its id, not by its release" {
	run_cli 0 candidates --json
	fits candidates
	[ "$(jq -r --arg id "$OFF_CYCLE" '.[] | select(.id == $id).lane' <<<"$output")" = snapshot ]
	[ "$(jq -r --arg id "$CANDIDATE" '.[] | select(.id == $id).lane' <<<"$output")" = code-line ]
	[ "$(jq -c --arg id "$CANDIDATE" '.[] | select(.id == $id).environments' <<<"$output")" = '["development","qa/clone-1"]' ]
	run_cli 0 candidates 2.1 --json
	[ "$(jq -r '.[].id' <<<"$output")" = "$OFF_CYCLE" ]
	run_cli 0 show "$OFF_CYCLE" --json
	fits show
	[ "$(jq -r .lane <<<"$output")" = snapshot ]
	[ "$(jq -r '.environments[-1].name' <<<"$output")" = qa/clone-1 ]
	run_cli 1 show 2.1
	has "$stderr" "nothing is called '2.1'"
}

@test "a host that left the configuration is named by the scan, and history from then on" {
	run_cli 1 scan
	sed '/qa-db1/d' patchline.yaml >next.yaml
	run_cli 1 --config next.yaml scan --json
	fits scan
	[ "$(jq -r '.[] | select(.is_gone) | "\(.host) \(.environment) \(.group)"' <<<"$output")" = "qa-db1 qa db" ]
	run_cli 1 --config next.yaml scan
	lacks "$output" qa-db1
	run_cli 0 log --json
	[ "$(jq -r '[.[] | select(.kind == "host.gone").subject_id] | join(" ")' <<<"$output")" = qa-db1 ]
}

@test "a scan with an older file that ends last leaves what a newer file brought" {
	printf '#!/bin/sh\n: >began\nwhile [ ! -e go ]; do sleep 0.1; done\nexit 255\n' >slow && chmod +x slow
	sed "s|^ssh: .*|ssh: {command: [$PWD/slow]}|" patchline.yaml >older.yaml
	sed 's|^\(.*\)hosts: \[{name: qa-web1|\1hosts: [{name: qa-web2, address: 127.0.0.1, port: 1}, {name: qa-web1|' \
		patchline.yaml >newer.yaml
	run_cli 1 scan
	"$PATCHLINE" --config older.yaml scan >older.out 2>&1 3>&- &
	while [ ! -e began ]; do sleep 0.1; done
	run_cli 1 --config newer.yaml scan
	has "$output" qa-web2
	: >go
	wait $! || true
	lacks "$(cat older.out)" qa-web2
	run_cli 0 log --json
	lacks "$(jq -r '.[] | select(.kind == "host.gone").subject_id' <<<"$output")" qa-web2
}

@test "a scan forgets nobody of environments that its file does not have" {
	run_cli 1 scan
	sed '/^  - name: qa/,/qa-db1/d' patchline.yaml >other.yaml
	run_cli 1 --config other.yaml scan
	run_cli 0 log --json
	lacks "$output" host.gone
}

@test "each change names the configuration it was made with, whose text is kept" {
	run_cli 0 log --json
	fits log
	[ "$(jq -r '.[0].configuration' <<<"$output")" = null ] # the store was prepared without any
	run_cli 0 hold qa --reason "first file"
	run_cli 0 log --json
	first=$(jq -r '.[0].configuration' <<<"$output")
	[ "$first" = "$(sha256sum <patchline.yaml | cut -d' ' -f1)" ]
	sed 's/qa-db1/qa-db2/' patchline.yaml >next.yaml
	run_cli 1 --config next.yaml scan
	run_cli 0 log --json
	fits log
	next=$(jq -r '[.[] | select(.subject_id == "qa-db2")][0].configuration' <<<"$output")
	[ "$next" = "$(sha256sum <next.yaml | cut -d' ' -f1)" ]
	run_cli 0 show "config-${first:0:12}"
	[ "$output" = "$(cat patchline.yaml)" ]
	run_cli 0 show "config-$next" --json
	fits show
	[ "$(jq -r .text <<<"$output")" = "$(cat next.yaml)" ]
	run_cli 1 show config-0000
	has "$stderr" "0000"
}

@test "hosts of an inventory are part of the configuration that is kept, passwords are not" {
	sed -e 's/groups: \[{name: web, hosts: \[{name: dev-web1[^]]*\]/groups: [{name: web, ansible-group: web/' \
		-e 's|^state: .*|&\nansible-inventory: inventory|' \
		-e 's|file:///nowhere/debian|http://me:secret@nowhere.example/debian|' patchline.yaml >dynamic.yaml
	echo '{"web": ["dyn1"], "_meta": {"hostvars": {"dyn1": {"ansible_host": "127.0.0.1", "ansible_port": 1, "token": "hidden"}}}}' >inventory
	run_cli 1 --config dynamic.yaml scan
	run_cli 0 log --json
	one=$(jq -r '.[0].configuration' <<<"$output")
	run_cli 0 show "config-$one"
	has "$output" "# development web: dyn1 127.0.0.1 1 -" "http://***@nowhere.example/debian"
	lacks "$output" secret
	lacks "$output" hidden
	sed -i 's/dyn1/dyn2/g' inventory
	run_cli 1 --config dynamic.yaml scan
	run_cli 0 log --json
	[ "$(jq -r '.[0].configuration' <<<"$output")" != "$one" ]
}
