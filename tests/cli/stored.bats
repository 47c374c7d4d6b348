#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is shown of a store that holds something: sets, candidates, a failed rollout, evidence.

load helper

setup_file() {
	export PREPARED=$BATS_FILE_TMPDIR
	"$PREPARE" "$PREPARED/state" >"$PREPARED/words"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_config
	cp -r "$PREPARED/state" state
	eval "$(cat "$PREPARED/words")"
}

@test "sets are listed with short names for people and whole ones for programs" {
	run_cli 0 sets
	has "$output" "${FIRST:0:12}" "${SECOND:0:12}" "2.0 MiB"
	lacks "$output" "$FIRST"
	run_cli 0 sets --json
	fits sets
	[ "$(jq -r '.[1].digest' <<<"$output")" = "$FIRST" ]
	[ "$(jq '.[1].packages' <<<"$output")" = 2 ]
}

@test "lists are CSV with the names and the values that JSON has" {
	for list in hosts sets candidates rollouts log "diff $FIRST $SECOND"; do
		read -ra words <<<"$list"
		run_cli 0 "${words[@]}" --json
		json=$output
		run_cli 0 "${words[@]}" --csv
		"$BATS_TEST_DIRNAME/same_csv" <(printf '%s' "$json") <(printf '%s' "$output")
	done
	run_cli 2 sets --csv --json
	run_cli 2 promote "$CANDIDATE" --to qa --csv
	has "$stderr" "--csv"
}

@test "CSV has control characters as they are, a terminal gets none of them" {
	sqlite_run "UPDATE host SET error = 'a \"b\", ' || char(27) || '[2J' WHERE name = 'qa-db1'"
	run_cli 0 hosts --csv
	has "$output" '"a ""b"", '$'\e[2J"'
	output=$(script -qec "'$PATCHLINE' hosts --csv" /dev/null)
	has "$output" '"a ""b"", ^[[2J"'
}

@test "a set is found by its digest, the beginning of one, its candidate" {
	for name in "$FIRST" "${FIRST:0:8}"; do
		run_cli 0 show "$name" --json
		fits show
		[ "$(jq -r .digest <<<"$output")" = "$FIRST" ]
	done
	[ "$(jq -r '.candidates[0]' <<<"$output")" = "$CANDIDATE" ]
	[ "$(jq -c '.packages[] | select(.name == "openssl").advisories' <<<"$output")" = \
		'["CVE-2026-35189","CVE-2026-42767","CVE-2026-5"]' ]
	[ "$(jq -r '.left_out[0].reason' <<<"$output")" = "held on dev-db1" ]
}

@test "people see the first advisories and how many more there are" {
	run_cli 0 show "${FIRST:0:8}"
	has "$output" "CVE-2026-35189,CVE-2026-42767 +1" "LEFT OUT" "held on dev-db1" "PLATFORMS"
}

@test "a set whose manifest was changed is refused wherever it is used" {
	sed -i 's/3.0.22-1/3.0.99-1/' "state/sets/$FIRST/manifest"
	run_cli 1 show "$FIRST"
	has "$stderr" "manifest"
	run_cli 1 diff "$FIRST" "$SECOND"
	run_cli 1 verify --json
	fits verify
	[ "$(jq .is_good <<<"$output")" = false ]
	[ "$(jq '[.problems[] | select(.kind == "manifest")] | length' <<<"$output")" = 1 ]
}

@test "missing files of the pool are found" {
	run_cli 1 verify
	has "$output" "not as it was"
	has "$stderr" "patchline verify --repair"
}

@test "diff tells what was added, removed and changed" {
	run_cli 0 diff "$FIRST" "$LATER" --json
	fits diff
	[ "$(jq -r '.[] | .change + " " + .name' <<<"$output" | sort | paste -sd,)" = "changed openssl,removed nginx" ]
	run_cli 0 diff "$CANDIDATE" "${SECOND:0:8}"
	has "$output" "3.0.22-1" "3.0.23-1" "0 added, 1 changed, 1 removed"
	run_cli 0 diff "$FIRST" "$FIRST"
	has "$output" "same packages"
	run_cli 2 diff "$FIRST" qa
	has "$stderr" "'qa' is the name of an environment, not of a set"
}

@test "candidates are listed with where they run" {
	run_cli 0 candidates --json
	fits candidates
	[ "$(jq -c --arg id "$CANDIDATE" '.[] | select(.id == $id).environments' <<<"$output")" = '["development"]' ]
	run_cli 0 candidates 2.2
	has "$output" "$CANDIDATE" "$LATER" development
	run_cli 0 candidates 9.9 --json
	[ "$output" = "[]" ]
}

@test "a candidate shows its evidence by environment" {
	run_cli 0 show "$CANDIDATE" --json
	fits show
	[ "$(jq -c '.environments[0] | [.name, .is_here, .tests_passed, .approvals]' <<<"$output")" = \
		'["development",true,1,1]' ]
	run_cli 0 show "$CANDIDATE"
	has "$output" "$FIRST" "ENVIRONMENTS"
}

@test "an environment shows what it runs and its history" {
	run_cli 0 show development --json
	fits show
	[ "$(jq -r '.candidate' <<<"$output")" = "$CANDIDATE" ]
	run_cli 0 show qa
	has "$output" "mixed" "last rollout" "$ROLLOUT" "HISTORY"
}

@test "rollouts are listed with how far they came" {
	run_cli 0 rollouts --json
	fits rollouts
	[ "$(jq -c '.[0] | [.id, .state, .hosts, .done, .failed]' <<<"$output")" = "[\"$ROLLOUT\",\"stopped\",2,0,1]" ]
	run_cli 0 rollouts --env development --json
	[ "$output" = "[]" ]
}

@test "a rollout shows each host with its steps and the host's own words" {
	run_cli 0 show "$ROLLOUT" --json
	fits show
	[ "$(jq -c '.hosts[0] | [.host, .verdict, .packages, .reason]' <<<"$output")" = \
		'["qa-web1","failed",1,"apply: no space left on device"]' ]
	[ "$(jq -c '[.steps[] | .step + " " + .state]' <<<"$output")" = '["stage done","apply failed"]' ]
	run_cli 0 show "$ROLLOUT"
	has "$output" "stopped" "1 of 1 hosts of wave 1 failed" "qa-web1" "apply: no space left on device" "waiting"
}

@test "the log of a host is what its steps printed" {
	run_cli 0 show "$ROLLOUT" --log qa-web1
	has "$output" "== stage, attempt 1" "2 files" "== apply" "dpkg: error: no space"
	run_cli 0 show "$ROLLOUT" --log qa-web1 --json
	fits show
	run_cli 1 show "$ROLLOUT" --log nobody
	has "$stderr" "no step on 'nobody'"
	run_cli 2 show qa --log qa-web1
	has "$stderr" "only rollouts have logs"
}

@test "hosts show what was last seen of them" {
	run_cli 0 hosts --json
	fits hosts
	[ "$(jq -c '.[0] | [.name, .release, .reboot_required]' <<<"$output")" = '["dev-web1","2.2",true]' ]
	[ "$(jq -r '.[] | select(.name == "qa-db1").error_kind' <<<"$output")" = unreachable ]
	run_cli 0 hosts
	has "$output" "no route to host"
	run_cli 0 show dev-web1 --json
	fits show
	[ "$(jq -c '[.held, .package_count]' <<<"$output")" = '[["nginx"],2]' ]
	run_cli 0 show dev-web1
	has "$output" "RESTART NEEDED" "ssh.service" "apt-daily.timer"
}

@test "evidence is listed by environment and candidate, and its output kept" {
	run_cli 0 evidence development --json
	fits evidence
	[ "$(jq -c '[(.tests | length), (.approvals | length)]' <<<"$output")" = '[1,1]' ]
	[ "$(jq -r '.approvals[0] | .approver + ": " + .comment' <<<"$output")" = 'bob: looks good, "all" of it' ]
	local id
	id=$(jq '.tests[0].id' <<<"$output")
	run_cli 0 evidence --output "$id"
	[ "$output" = $'1..3\nok 1\nok 2\nok 3' ]
	run_cli 0 evidence "$LATER" --json
	[ "$(jq -c '[.tests, .approvals]' <<<"$output")" = '[[],[]]' ]
	run_cli 1 evidence --output 999
	run_cli 2 evidence dev-web1
	has "$stderr" "'dev-web1' is a host"
}

@test "the audit record tells who did what" {
	run_cli 0 log --json
	fits log
	[ "$(jq -r '.[0].kind' <<<"$output")" = approval.given ]
	[ "$(jq -r '.[0].actor' <<<"$output")" = bob ]
	run_cli 0 log --limit 2 --json
	[ "$(jq length <<<"$output")" = 2 ]
	run_cli 0 log --subject "$ROLLOUT" --json
	[ "$(jq -r '[.[].subject_id] | unique[]' <<<"$output")" = "$ROLLOUT" ]
	run_cli 0 log --subject "${FIRST:0:8}"
	has "$output" set.sealed "${FIRST:0:12}"
	run_cli 0 log --since 1h --json
	[ "$(jq length <<<"$output")" -gt 10 ]
	run_cli 0 log --since 2099-01-01 --json
	[ "$output" = "[]" ]
}

@test "an audit record that was changed is found" {
	python3 - <<-'PY'
		import sqlite3
		db = sqlite3.connect("state/patchline.db")
		for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
		    db.execute("DROP TRIGGER " + name)
		db.execute("UPDATE event SET actor = 'mallory' WHERE seq = 3")
		db.commit()
	PY
	run_cli 1 verify --json
	fits verify
	[ "$(jq -r '[.problems[] | select(.kind == "record").problem][0]' <<<"$output" | grep -c 3)" = 1 ]
}

@test "what ended before it began, because a clock was set back, took no time" {
	sqlite_run "UPDATE rollout SET started_at = 2000000000, ended_at = 1999999000"
	sqlite_run "UPDATE rollout_host SET started_at = 2000000000, ended_at = 1"
	sqlite_run "UPDATE test_result SET started_at = 2000000000, ended_at = 1999999000"
	run_cli 0 rollouts --json
	fits rollouts
	[ "$(jq '[.[].duration_seconds] | unique == [0]' <<<"$output")" = true ]
	run_cli 0 show "$ROLLOUT" --json
	fits show
	[ "$(jq '.duration_seconds' <<<"$output")" = 0 ]
	run_cli 0 evidence --json
	fits evidence
	[ "$(jq '[.tests[].duration_seconds] | unique == [0]' <<<"$output")" = true ]
	run_cli 0 status
	run_cli 0 rollouts
	lacks "$output" " -"
	run_cli 0 hosts
}

@test "a sealed set whose files are gone altogether is missed" {
	rm -r state/sets
	run_cli 1 verify --json
	fits verify
	[ "$(jq '[.problems[] | select(.kind == "manifest" and .problem == "missing")] | length' <<<"$output")" = 2 ]
}
