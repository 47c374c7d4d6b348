#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hosts, tests and a store whose every word is meant for the terminal change nothing on it, whatever command tells them.

load helper

# Title, wiped screen, colour, backspace, overwritten line, C1 as UTF-8 and raw, no UTF-8, a turned writing direction.
EVIL=$'\e]0;HACK\a\e[5;1H\e[33;44mHACK\b\b\rover\xc2\x9b33mC1 \x9b35m \xff\xc3 \xe2\x80\xaeknil\xe2\x81\xa6 \xd8\x9c \x7f end'

setup_file() {
	export PREPARED=$BATS_FILE_TMPDIR
	"$PREPARE" "$PREPARED/state" clone >"$PREPARED/words"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK NO_COLOR
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8 EVIL
	write_config
	cp -r "$PREPARED/state" state
	eval "$(cat "$PREPARED/words")"
	printf '#!/bin/sh\nprintf %%s "$EVIL"\nprintf %%s "$EVIL" >&2\nexit 3\n' >host
	printf '#!/bin/sh\necho TAP version 13; echo 1..1; echo "not ok 1 - $EVIL"; echo "# $EVIL" >&2; exit 1\n' >smoke
	chmod +x host smoke
	sed -i "s|^ssh: .*|ssh: {command: [$PWD/host]}|; s|qa-web1, address: 127.0.0.1, port: 1}\]|&, drain: {driver: command, out: $PWD/host, in: $PWD/host}|" patchline.yaml
	sed -i 's|: smoke, command|: smoke, format: tap, command|' patchline.yaml
	poison
}

# Evil words in all that the store keeps of what others said.
poison() {
	python3 - "$EVIL" <<-'PY'
		import json, os, sqlite3, sys
		evil = os.fsencode(sys.argv[1])
		clean = evil.decode("utf-8", "replace")
		db = sqlite3.connect("state/patchline.db")
		db.text_factory = bytes
		tables = [row[0].decode() for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
		columns = {"error", "reason", "log", "said", "output", "comment", "held_reason", "closed_reason", "label", "origin"}
		for table in tables:
		    for column in [row[1].decode() for row in db.execute(f"PRAGMA table_info({table})")]:
		        if column in columns and (table, column) != ("rehearsal", "origin"):
		            db.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT)", (evil,))
		facts = json.loads(db.execute("SELECT facts FROM host WHERE facts <> '{}' LIMIT 1").fetchone()[0])
		for name in ("hostname", "kernel_running", "kernel_newest", "reboot_reasons", "audit", "lock_owner"):
		    facts[name] = clean
		facts["deleted_libraries"][0]["unit"] = facts["updaters"][0]["name"] = clean
		db.execute("UPDATE host SET facts = ?, release = ?, error_kind = 'unreachable', error_at = 1", (json.dumps(facts), clean))
		db.execute("UPDATE environment SET held_at = 1, held_by = ? WHERE name = 'qa'", (clean,))
		db.execute("UPDATE clone SET reason = ?", (clean,))
		db.commit()
	PY
}

# says WORD...: patchline prints nothing that is obeyed, in a pipe and on a terminal; its exit status does not count here.
says() {
	"$PATCHLINE" "$@" </dev/null >out 2>err 3>&- || :
	cat out err >>told
	"$BATS_TEST_DIRNAME/harmless" out err || return 1
	TERM=xterm script -qec "$(printf '%q ' "$PATCHLINE" "$@")" pty </dev/null >/dev/null 2>&1 3>&- || :
	sed -i '1{/^Script started/d}; ${/^Script done/d}' pty
	"$BATS_TEST_DIRNAME/harmless" --own pty
}

# What is asked of each command; those that only print what the program has in itself are left out.
asked() {
	cat <<-WORDS
		check
		check --ready qa
		sync
		scan
		scan qa --json
		freeze 2.3
		freeze 2.3 --dry-run
		deployed 2.2 --to qa
		promote $CANDIDATE --to qa --dry-run
		promote $CANDIDATE --to qa
		rollback qa --dry-run
		rollback qa --yes
		resume
		retry $ROLLOUT
		test development
		test development --json
		approve $CANDIDATE --in development
		reject $CANDIDATE --in development --reason x
		rehearse qa --all --dry-run
		due
		clone qa --dry-run
		clone stop qa/clone-1
		clone start qa/clone-1
		clone remove qa/clone-1 --yes
		clones
		clones --all --json
		clean --dry-run
		enter qa/clone-1
		status
		status --json
		why qa-web1
		why dev-web1
		hosts
		hosts --json
		hosts qa/clone-1
		sets
		candidates
		rollouts
		rollouts --json
		watch $ROLLOUT
		watch $ROLLOUT --json
		watch qa --no-follow
		hold qa --reason x
		lift qa --reason x
		pause $ROLLOUT
		cancel $ROLLOUT
		undrain qa-web1
		show qa
		show qa --json
		show qa-web1
		show dev-web1
		show dev-web1 --json
		show $ROLLOUT
		show $ROLLOUT --log qa-web1
		show $CANDIDATE
		show qa/clone-1
		show $FIRST
		show debian
		diff $FIRST $SECOND
		evidence development
		evidence --output 1
		evidence --output 2
		log
		log --json
		verify
	WORDS
}

@test "every command that can tell what others said is asked here" {
	comm -13 <(asked | cut -d' ' -f1 | sort -u) <("$PATCHLINE" help | sed -n 's/^  \([a-z]*\).*/\1/p' | sort -u) >unasked
	[ "$(xargs <unasked)" = init ]
}

@test "no word of theirs is obeyed, whoever tells it" {
	local words

	sqlite_run "INSERT INTO host_debt (host, debt, environment, rollout, since) VALUES ('qa-web1', 'service', 'qa', 1, 1)"
	: >told
	while read -r -a words; do
		says "${words[@]}" || {
			echo "patchline ${words[*]}"
			return 1
		}
	done < <(asked)
	# They were told, not left out.
	grep -q '\^\[\]0;HACK\^G\^\[\[5;1H\^\[\[33;44mHACK\^H\^H\^Mover<U+009B>33mC1 <9B>35m <FF><C3> <U+202E>knil<U+2066>' told
}

@test "nor a word of a calendar, a provider or an inventory program, told right or wrong" {
	local what

	printf 'BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:%s\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY\nEND:VEVENT\nEND:VCALENDAR\n' \
		"$(tr -d '\r' <<<"$EVIL")" >good.ics
	printf 'BEGIN:VCALENDAR\n%s\n' "$EVIL" >bad.ics
	: >told
	for what in good.ics bad.ics; do
		sed "s|^  - name: qa\$|&\n    clone: {provider: evil}\n    rehearse: {every: FREQ=DAILY, except: [$what]}|; s|^tests:|providers: [{name: evil, command: [$PWD/host]}]\n&|" \
			patchline.yaml >calendar.yaml
		says due --config calendar.yaml
		says rehearse qa --all --config calendar.yaml
		says clone qa --config calendar.yaml
		says check --config calendar.yaml
	done
	sed "s|{name: web, hosts: \[{name: dev-web1, .*}\]}|{name: web, ansible-group: web}|; s|^ssh:|ansible-inventory: $PWD/host\n&|" patchline.yaml >ansible.yaml
	says hosts --config ansible.yaml
	cat told
	[ "$(grep -c 'HACK^H^H' told)" -ge 4 ]
}

@test "what programs read is whole: JSON escapes what a terminal would obey" {
	run_cli 0 show dev-web1 --json
	[ "$(jq -r .kernel_running <<<"$output")" = "$(python3 -c 'import os; print(os.environb[b"EVIL"].decode("utf-8", "replace"))')" ]
}
