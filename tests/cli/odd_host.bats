#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A host that tells odd things, or whose kept state is damaged, is told by its name; all others are scanned, planned and shown.
# The hosts are not there (tests/bench/sim_host.c); what one says goes through a sed program of the test.

load helper
load archive
load simulated

start() {
	fleet "wave: 2" h1 h2
	cat >between <<-'SH'
		#!/bin/bash
		set -o pipefail
		[ -e "$1/$2/odd" ] || exec "$SIM_HOST" "$@"
		"$SIM_HOST" "$@" | sed -u -f "$1/$2/odd"
	SH
	chmod +x between
	sed -i "s|^ssh: .*|ssh: {command: [$PWD/between, $PWD/hosts, \"{host}\"]}|" patchline.yaml
}

# others_go_on: what is about all hosts does its work, and h2 has its plan.
others_go_on() {
	run_cli 0 status
	has "$output" sim
	run_cli 0 why h2
	run_cli 0 freeze 9.9 --dry-run
	has "$output" pkg-001
}

# h1_is_left_out: it is told that nothing is planned for it.
h1_is_left_out() {
	others_go_on
	has "$output$stderr" h1 "Not planned for"
}

@test "each of these is that host's own fault: it is told, and the others are read" {
	local odd

	start
	for odd in 's/^Version: 1.0-1$/Version: 1.0_1/' 's/^Version: 1.0-1$/Version: 1.0 1/' 's/^Version: 1.0-1$/Version: 1.0$(id)/' \
		's/^Package: pkg-002$/Package: pkg-001/' 's/^Package: pkg-002$/Package: ..\/x/' 's/^Architecture: .*/Architecture: ..\/x/' \
		's/^Architectures: .*/Architectures: amd64 a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7 b8/' \
		's/^Platform: .*/Platform: de\x1b[31mbian/'; do
		echo "$odd" >hosts/h1/odd
		run_cli 1 scan
		has "$output$stderr" h1 h2 "1 of 2"
		others_go_on
	done
	printf 's/^Package: pkg-002$/&\\nDepends: pkg-001%s/\n' "$(printf ' | pkg-001%.0s' {1..50000})" >hosts/h1/odd
	run_cli 1 scan
	has "$output$stderr" h1 "more than 1000 alternatives"
	others_go_on
	rm hosts/h1/odd
	run_cli 0 scan
}

@test "what a login shell prints is no fact of its host, and is told" {
	start
	printf '#!/bin/sh\necho "Platform: web1"; printf "\\033[31mWelcome" >&2\nexec "$@"\n' >shell
	chmod +x shell
	sed -i "s|^ssh: .*|ssh: {command: [$PWD/shell, $SIM_HOST, $PWD/hosts, \"{host}\"]}|" patchline.yaml
	run_cli 0 scan
	has "$stderr" "h1: the login shell of root prints 'Platform: web1 Welcome'" "h2: the login shell of root prints"
	run_cli 0 check --json
	[ "$(jq -r '.[] | select(.area == "host" and .name == "h1" and .status == "warning").what' <<<"$output")" = \
		"the login shell of root prints 'Platform: web1 Welcome'" ]
}

@test "a platform that is not configured is told of its host, and the others are planned" {
	start
	echo 's/^Platform: .*/Platform: plan9-4-amd64/' >hosts/h1/odd
	run_cli 0 scan
	h1_is_left_out
	has "$output$stderr" "platform 'plan9-4-amd64' is not configured: add it to 'platforms'"
}

# What an earlier program has put in use unread.
@test "an index in use with a stanza that cannot be read takes nothing else away" {
	local command

	start
	python3 - <<-'PY'
		import hashlib, os, sqlite3
		db = sqlite3.connect("state/patchline.db")
		(old,) = db.execute("SELECT packages_sha256 FROM source_index").fetchone()
		text = open("state/indexes/" + old).read() + "\nPackage: tool\nVersion: 1.0_2\nArchitecture: amd64\n"
		new = hashlib.sha256(text.encode()).hexdigest()
		open("state/indexes/" + new, "w").write(text)
		db.execute("UPDATE source_index SET packages_sha256 = ?", (new,))
		db.commit()
	PY
	for command in scan status 'why h1' 'freeze 9.9 --dry-run' 'promote 1.0 --to sim'; do
		run_cli 0 $command
	done
	run_cli 0 show tiny
	has "$output" "'tool' has the version '1.0_2'"
}

@test "a state that is damaged in the store is told of its host" {
	start
	echo 's/^Package: pkg-060$/Package: pkg-061/' >hosts/h1/odd
	run_cli 0 scan
	python3 - <<-'PY'
		import sqlite3
		db = sqlite3.connect("state/patchline.db")
		(digest,) = db.execute("SELECT state FROM host WHERE name = 'h1'").fetchone()
		assert db.execute("UPDATE host_state SET content = replace(content, '1.0-1', '1.0_1') WHERE digest = ?", (digest,)).rowcount == 1
		db.commit()
	PY
	h1_is_left_out
}
