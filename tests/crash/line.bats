#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Commands of the line killed at each of their commits: running them again ends as if nothing had happened.
# CRASH and LIBCRASH come from Meson.

load ../cli/helper
load ../cli/archive
load ../cli/fleet

# What is to be the same in the end: which pair each environment runs. Sound: the record's chain and the database.
write_check() {
	cat >check <<-'SH'
		"$PATCHLINE" verify >/dev/null || exit 1
		"$PATCHLINE" status --json | jq -c '[.environments[] | [.environment, .release, .status]]' >now
		cmp now wanted
	SH
	chmod +x check
}

@test "deployed, killed at each commit and told again" {
	write_check
	echo '[["development","2.1","clean"],["qa",null,"unknown"]]' >wanted
	run "$CRASH/run" --begin 'rm -rf state' --resume '"$PATCHLINE" deployed 2.1 --to development' \
		--check 'sh ./check' -- "$PATCHLINE" deployed 2.1 --to development
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued" "killed after 1, and continued"
}

@test "the harness finds what is not as it should be" {
	write_check
	echo '[["development","2.2","clean"],["qa",null,"unknown"]]' >wanted
	run "$CRASH/run" --begin 'rm -rf state' --resume '"$PATCHLINE" deployed 2.1 --to development' \
		--check 'sh ./check' -- "$PATCHLINE" deployed 2.1 --to development
	[ "$status" = 1 ]
	has "$output" "not ok 1"
}

# survives RESUME CHECK COMMAND...: begun with the state in kept, killed at each of its commits, told again, checked.
survives() {
	run "$CRASH/run" --begin 'rm -rf state && cp -a kept state' --resume "$1" --check "$2" -- "$PATCHLINE" "${@:3}"
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued" "killed after 1, and continued"
}

# steered WORD STATE: a wish that is an end at once, because nobody drives the rollout.
steered() {
	export ROLLOUT
	cat >sound <<-SH
		"\$PATCHLINE" verify --json >answer 2>/dev/null || : # the files of its sets are none
		jq -e '[.problems[] | select(.kind == "record" or .kind == "database")] == []' answer &&
			"\$PATCHLINE" show "\$ROLLOUT" --json | jq -e '.state == "$2"'
	SH
	mv state kept
	survives "\"\$PATCHLINE\" $1 \"\$ROLLOUT\" || sh ./sound" 'sh ./sound' "$1" "$ROLLOUT"
}

@test "cancel, killed at each commit and told again" {
	prepare
	steered cancel cancelled
}

@test "pause of a rollout that nobody drives any more, killed at each commit and told again" {
	prepare
	sqlite_run "UPDATE rollout SET state = 'running', ended_at = 0"
	steered pause paused
}

# grow_line: development runs a candidate; its host is this machine, and the set changes nothing on it.
grow_line() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	rm -rf state
	start_sshd "$PWD"
	make_archive "$PWD/archive"
	write_fleet "$PWD"
	{ "$PATCHLINE" sync && "$PATCHLINE" scan && "$PATCHLINE" freeze 2.2; } >grown.log
}

teardown() {
	load ../cli/fleet
	stop_sshd "$PWD"
}

@test "sync, scan and freeze, each killed at each commit and told again" {
	local command

	grow_line
	rm -rf state
	mkdir kept
	for command in sync scan 'freeze 2.2'; do
		# shellcheck disable=SC2086
		survives "\"\$PATCHLINE\" $command" '"$PATCHLINE" verify' $command
		rm -rf kept
		cp -a state kept
	done
	run_cli 0 sets --json
	[ "$(jq length <<<"$output")" = 1 ]
}

@test "test, approve and reject, each killed at each commit and told again: the last word is the one that was told" {
	local word

	grow_line
	"$PATCHLINE" deployed 2.2 --to development >deployed.log
	mv state kept
	survives '"$PATCHLINE" test development' '"$PATCHLINE" verify &&
		"$PATCHLINE" evidence --json | jq -e "[.tests[].outcome] | unique == [\"passed\"]"' test development
	for word in approve reject; do
		survives "\"\$PATCHLINE\" $word 2.2 --in development --comment well" "\"\$PATCHLINE\" verify &&
			\"\$PATCHLINE\" evidence --json | jq -e '[.approvals[].kind] | unique == [\"$word\"]'" \
			"$word" 2.2 --in development --comment well
	done
}
