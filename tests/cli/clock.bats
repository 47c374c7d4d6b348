#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The controller's clock is set in the middle of a rollout, or somebody takes the lease over. The
# hosts are this machine; the set changes nothing on it. LIBJUMP comes from Meson.

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
	write_pair "$PWD" true
	{ "$PATCHLINE" sync && "$PATCHLINE" scan && "$PATCHLINE" freeze 2.2; } >made.log
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
	rm -rf "$BATS_FILE_TMPDIR/root" # what steps left there: each test has a rollout-1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
}

teardown() {
	[ ! -e driver ] || kill -KILL "$(cat driver)" 2>/dev/null || :
}

# write_pair SSH HEALTH: development has two hosts, one wave each, and runs HEALTH on them when it verifies them.
write_pair() {
	write_fleet "$1"
	sed -i 's/^  - name: development$/&\n    WAVES/; s/gate: .*/gate: {soak: 1h}/' patchline.yaml
	python3 - "$(cat "$1/port")" "$2" <<-'PY'
		import re, sys
		text = open("patchline.yaml", encoding="utf-8").read()
		host = "{name: %s, address: 127.0.0.1, port: " + sys.argv[1] + "}"
		groups = "groups: [{name: web, canary: 1, wave: 1, health: ['%s'], hosts: [%s, %s]}]" % (
		    sys.argv[2], host % "dev-web1", host % "dev-web2")
		text = re.sub(r"    WAVES\n    groups: .*", "    " + groups, text)
		open("patchline.yaml", "w", encoding="utf-8").write(text)
	PY
}

# rolled STATUS: development is told its release; the set follows, while the clock is what the file clock says.
rolled() {
	status=0
	output=$(LD_PRELOAD=$LIBJUMP PATCHLINE_CLOCK=$PWD/clock "$PATCHLINE" deployed 2.2 --to development 2>stderr) || status=$?
	stderr=$(cat stderr)
	[ "$status" -eq "$1" ] || {
		printf 'exit status %s, not %s\n%s\n%s\n' "$status" "$1" "$output" "$stderr"
		return 1
	}
}

# ask SQL: one value of the database.
ask() {
	python3 -c 'import sqlite3, sys; print(sqlite3.connect("state/patchline.db").execute(sys.argv[1]).fetchone()[0])' "$1"
}

# is_well: what must be so whatever the clock did.
is_well() {
	run_cli 0 status --json
	fits status
	[ "$(jq -r '.environments[0].status' <<<"$output")" = clean ]
	run_cli 0 rollouts --json
	fits rollouts
	[ "$(jq -r '.[0].state' <<<"$output")" = done ]
	run_cli 0 show rollout-1 --json
	fits show
	[ "$(jq '[.. | .duration_seconds? // 0] | min >= 0' <<<"$output")" = true ]
	run_cli 0 log --json
	fits log
	[ "$(jq '[.[].seq] | . == sort or . == (sort | reverse)' <<<"$output")" = true ]
	run_cli 0 verify
	[ "$(ask 'SELECT COUNT(*) FROM lease')" = 0 ]
	run_cli 4 promote 2.2 --to qa # the soak has only begun
	has "$stderr" "is to stay in development for 60m"
}

@test "the clock is set in the middle of a rollout: an hour on, an hour back, to 1970" {
	local jump

	cat >jump <<-PY
		import sqlite3
		db = sqlite3.connect("$PWD/state/patchline.db", timeout=10)
		if db.execute("SELECT COUNT(*) FROM rollout_step").fetchone()[0]:
		    open("$PWD/clock", "w").write(open("$PWD/next").read())
	PY
	write_pair "$BATS_FILE_TMPDIR" "python3 $PWD/jump"
	for jump in 3600 -3600 "-$(date +%s)"; do
		rm -rf state
		cp -r "$BATS_FILE_TMPDIR/state" .
		echo 0 >clock
		echo "$jump" >next
		rolled 0
		[ "$(ask 'SELECT MAX(at) - MIN(at) > 3500 FROM event')" = 1 ]
		[ "$jump" -gt 0 ] || [ "$(ask 'SELECT COUNT(*) FROM rollout WHERE ended_at < started_at')" = 1 ]
		is_well
	done
}

@test "after January 2038 times are what they are: a rollout is made and shown" {
	local later=2208988800 # 1 January 2040

	echo $((later - $(date +%s))) >clock
	rolled 0
	[ "$(ask "SELECT MIN(started_at) >= $later AND MIN(ended_at) >= $later FROM rollout")" = 1 ]
	[ "$(ask "SELECT MIN(started_at) >= $later AND MIN(ended_at) >= $later FROM rollout_step")" = 1 ]
	run_cli 0 status --json
	fits status
	[ "$(jq ".environments[0] | .entered_at >= $later and .status == \"clean\"" <<<"$output")" = true ]
	run_cli 0 show rollout-1
	has "$output" 2040-01-01
	run_cli 0 verify
}

@test "who lost the lease to another controller stops, and leaves its rollout to that one" {
	cat >steal <<-PY
		import sqlite3
		db = sqlite3.connect("$PWD/state/patchline.db", timeout=10)
		db.execute("UPDATE lease SET token = 'theirs', actor = 'bob', machine = 'elsewhere'")
		db.commit()
	PY
	echo 0 >clock
	write_pair "$BATS_FILE_TMPDIR" "python3 $PWD/steal"
	rolled 1
	has "$stderr" "'development' was taken over by bob ("
	[ "$(ask 'SELECT actor FROM lease')" = bob ]
	run_cli 0 show rollout-1 --json
	[ "$(jq -r .state <<<"$output")" = running ]
	[ "$(ask "SELECT COUNT(*) FROM rollout_step WHERE host = 'dev-web2'")" = 0 ]
	run_cli 0 verify
}

@test "the last host verified, and the lease lost: the end is not this program's to tell" {
	cat >steal <<-PY
		import sqlite3
		db = sqlite3.connect("$PWD/state/patchline.db", timeout=10)
		if db.execute("SELECT COUNT(*) FROM rollout_step WHERE host = 'dev-web2'").fetchone()[0]:
		    db.execute("UPDATE lease SET token = 'theirs', actor = 'bob', machine = 'elsewhere'")
		    db.commit()
	PY
	echo 0 >clock
	write_pair "$BATS_FILE_TMPDIR" "python3 $PWD/steal"
	rolled 1
	has "$stderr" "'development' was taken over by bob ("
	[ "$(ask "SELECT state FROM rollout")" = running ]
	[ "$(ask "SELECT status FROM environment WHERE name = 'development'")" = rolling ]
}

@test "a program that was stopped for long finds its rollout taken over, and changes nothing more" {
	local last end

	cat >stop <<-PY
		import os, signal, sqlite3
		db = sqlite3.connect("$PWD/state/patchline.db", timeout=10)
		if not os.path.exists("$PWD/stopped"):
		    open("$PWD/stopped", "w").close()
		    os.kill(db.execute("SELECT process FROM lease").fetchone()[0], signal.SIGSTOP)
	PY
	write_pair "$BATS_FILE_TMPDIR" "python3 $PWD/stop"
	"$PATCHLINE" deployed 2.2 --to development >first.log 2>&1 3>&- &
	echo $! >driver
	for ((end = EPOCHSECONDS + 200; EPOCHSECONDS < end; )); do
		[ ! -e stopped ] || ! grep -q '^State:.T' "/proc/$!/status" || break
		sleep 0.1
	done
	[ -e stopped ]
	echo 60 >clock # the last sign of life is old by this clock: it is watched for 15 s, here 2
	LD_PRELOAD=$LIBJUMP PATCHLINE_CLOCK=$PWD/clock PATCHLINE_HURRY=20 run_cli 0 resume
	[ "$(ask 'SELECT state FROM rollout')" = 'done' ]
	last=$(ask 'SELECT MAX(seq) FROM event')
	kill -CONT $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 1 ]
	has "$(cat first.log)" "'development' was taken over by another program, which has ended since"
	[ "$(ask 'SELECT MAX(seq) FROM event')" = "$last" ]
	[ "$(ask 'SELECT COUNT(*) FROM lease')" = 0 ]
}
