# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# helper.bash - what the tests of the command line share. PATCHLINE, PREPARE and SCHEMAS come from Meson.
#
# Each test runs in a directory of its own, with a patchline.yaml whose hosts nobody can reach.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK http_proxy https_proxy
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_config
}

# write_config [URI]
write_config() {
	: >k.gpg
	printf '#!/bin/sh\nexit 0\n' >smoke && chmod +x smoke
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: debian, uri: "${1:-file:///nowhere/debian}", suites: bookworm, keyring: k.gpg}
		platforms:
		  - {name: debian-12-amd64, sources: [debian]}
		ssh: {connect-timeout: 2s}
		environments:
		  - name: development
		    groups: [{name: web, hosts: [{name: dev-web1, address: 127.0.0.1, port: 1}]}]
		    gate: {tests: [smoke], approvals: 1, soak: 1h}
		  - name: qa
		    groups:
		      - {name: web, hosts: [{name: qa-web1, address: 127.0.0.1, port: 1}]}
		      - {name: db, hosts: [{name: qa-db1, address: 127.0.0.1, port: 1}]}
		tests:
		  - {name: smoke, command: [$PWD/smoke]}
	YAML
}

# Fill the store: sets FIRST, SECOND, CANDIDATE, LATER, ROLLOUT.
prepare() {
	local words

	words=$("$PREPARE" state) || return 1
	eval "$words"
}

# Runs patchline with its standard output in $output and its errors in $stderr: run_cli STATUS WORD...
run_cli() {
	local wanted=$1
	shift
	status=0
	output=$("$PATCHLINE" "$@" 2>"$BATS_TEST_TMPDIR/stderr") || status=$?
	stderr=$(cat "$BATS_TEST_TMPDIR/stderr")
	[ "$status" -eq "$wanted" ] || {
		printf 'patchline %s: exit status %s, not %s\n%s\n%s\n' "$*" "$status" "$wanted" "$output" "$stderr"
		return 1
	}
}

# The id of the installation whose state directory this is.
installation() {
	python3 -c 'import sqlite3; print(sqlite3.connect("state/patchline.db").execute("SELECT id FROM installation").fetchone()[0])'
}

# has TEXT WORD...: each of the words stands in the text.
has() {
	local text=$1 word
	shift
	for word; do
		[[ $text == *"$word"* ]] || {
			printf 'no "%s" in:\n%s\n' "$word" "$text"
			return 1
		}
	done
}

lacks() {
	[[ $1 != *"$2"* ]] || {
		printf '"%s" stands in:\n%s\n' "$2" "$1"
		return 1
	}
}

# The last answer fits the schema of that name.
fits() {
	printf '%s' "$output" | "$(dirname "${BASH_SOURCE[0]}")/validate" "$SCHEMAS/$1.schema.json"
}

# Each line of the last answer, an object, fits the schema of that name.
lines_fit() {
	jq '{type: "array", items: .}' "$SCHEMAS/$1.schema.json" >"$BATS_TEST_TMPDIR/lines.schema.json"
	jq -s . <<<"$output" | "$(dirname "${BASH_SOURCE[0]}")/validate" "$BATS_TEST_TMPDIR/lines.schema.json"
}

# Change the database behind the program's back: sqlite_run SQL
sqlite_run() {
	python3 -c 'import sqlite3, sys; db = sqlite3.connect("state/patchline.db"); db.execute(sys.argv[1]); db.commit()' "$1"
}

# lease NAME PID: that process works on it, and its last sign of life was at EXPIRES less 15 s.
lease() {
	sqlite_run "INSERT OR REPLACE INTO lease VALUES ('$1', 'token', 1, 0, 'alice', 'a test', '$(uname -n)',
		'$(cat /proc/sys/kernel/random/boot_id)', '$(readlink /proc/self/ns/pid)', $2,
		$(sed 's/.*) //' "/proc/$2/stat" | cut -d ' ' -f 20), 0, ${EXPIRES:-0})"
}
