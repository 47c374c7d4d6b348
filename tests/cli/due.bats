#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is due by a timetable: answered once, skipped with a reason, shown on the board. The original is this machine, read over ssh on
# loopback; nothing is ever patched: nothing is pending, or no clone can be made, or the set is empty.

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
	index_archive "$PWD/archive"
	printf '#!/bin/sh\n' >smoke
	chmod +x smoke
	timetable FREQ=DAILY
	"$PATCHLINE" sync >sync.log && "$PATCHLINE" scan production >scan.log
	"$PATCHLINE" deployed 2.1 --to production >deployed.log
	"$PATCHLINE" freeze 2.1 --for production --json >freeze.json
}

teardown_file() {
	load fleet
	gpgconf --homedir "$BATS_FILE_TMPDIR/archive/gnupg" --kill all
	stop_sshd "$BATS_FILE_TMPDIR"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	timetable FREQ=DAILY
}

# timetable RULE [KEYS [OPTIONS]]: this machine as production, rehearsed by that rule; OPTIONS of the provider.
timetable() {
	local architecture platform

	architecture=$(dpkg --print-architecture)
	platform=$(. /etc/os-release && echo "$ID-$VERSION_ID-$architecture")
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: tiny, uri: "file://$PWD/archive", suites: bookworm, architectures: $architecture, keyring: archive/k.gpg, security: true}
		platforms:
		  - {name: $platform, sources: [tiny]}
		ssh: {known-hosts: $BATS_FILE_TMPDIR/known_hosts, identities: [$BATS_FILE_TMPDIR/id], connect-timeout: 3s}
		providers:
		  - {name: copies, command: [$BATS_TEST_DIRNAME/copies], options: {folder: $PWD/copies${3:+, $3}}}
		environments:
		  - name: qa
		    groups: [{name: web, hosts: [qa-web1]}]
		  - name: production
		    groups:
		      - {name: web, hosts: [{name: prod-web1, address: 127.0.0.1, port: $(cat "$BATS_FILE_TMPDIR/port")}]}
		    gate: {tests: [smoke]}
		    clone: {provider: copies, gate: {approvals: 1}}
		    rehearse: {every: "$1"${2:+, $2}}
		tests:
		  - {name: smoke, command: [$PWD/smoke]}
	YAML
}

# due STATUS [OPTION...]: `answer` is what production was told.
due() {
	run_cli "$1" due --json "${@:2}"
	fits due
	answer=$(jq -c '.[] | select(.environment == "production")' <<<"$output")
}

told() { jq -r "$1" <<<"$answer"; }

# board FILTER: of production's row.
board() {
	run_cli 0 status --json
	fits status
	jq -r ".environments[] | select(.environment == \"production\") | $1" <<<"$output"
}

skips() { "$PATCHLINE" log --json --limit 0 | jq '[.[] | select(.kind == "rehearsal.skipped")] | length'; }

@test "nothing pending is an answer, given once, without a clone" {
	[ "$(board .rehearsal)" = never ]
	due 0 --dry-run
	[ "$(told .verdict)" = run ]
	[ "$(board .rehearsal)" = never ]
	due 0
	[ "$(told '.verdict, .rehearsal.state, .error')" = "run
ended
null" ]
	[[ $(told .occurrence_at) == *T00:00:00Z && $(told .next_at) == *T00:00:00Z ]]
	[ "$(board '.rehearsal, .rehearsal_id, .rehearsal_clone')" = "nothing pending
1
null" ]
	[ ! -e copies ] || [ -z "$(ls copies)" ]
	due 0
	[ "$(told .verdict)" = later ]
	run_cli 0 status
	has "$output" "REHEARSAL" "production: rehearsal-1 found nothing pending"
	lacks "$output" "qa: never rehearsed"
	run_cli 0 due
	has "$output" "production: nothing is due; next at "
}

@test "a freeze is recorded with its reason, once" {
	cat >freeze.ics <<-ICS
		BEGIN:VCALENDAR
		VERSION:2.0
		BEGIN:VEVENT
		UID:1
		SUMMARY:no changes
		DTSTART;VALUE=DATE:20200101
		DTEND;VALUE=DATE:20200102
		RRULE:FREQ=DAILY
		END:VEVENT
		END:VCALENDAR
	ICS
	timetable FREQ=DAILY "except: [freeze.ics]"
	run_cli 0 due
	has "$output" "production: skipped: it falls into 'no changes'" "patchline rehearse production --all"
	[ "$(skips)" = 1 ]
	due 0
	[ "$(told .verdict)" = later ]
	[ "$(skips)" = 1 ]
	run_cli 0 log --subject production
	has "$output" "rehearsal.skipped"
	sed -i 's/DTSTART.*/DTSTART;TZID=Moon:20200101T000000/' freeze.ics
	due 1
	[ "$(told .error_kind)" = corrupt ]
	[[ $(told .error) == *"freeze.ics: line 6: DTSTART: there is no time zone 'Moon'"* ]]
	rm freeze.ics
	due 1
	[ "$(told .error_kind)" = not-found ]
	[[ $(told .error) == *freeze.ics* ]]
}

@test "a clone that waits for approval holds the next rehearsal back" {
	run_cli 0 rehearse production --set "$(jq -r .set freeze.json)" --json
	due 0
	[ "$(told .verdict)" = skipped ]
	[ "$(told .reason)" = "production/clone-1 still waits for approval" ]
	[ "$(told .remedy)" = "approve it, or: patchline clone remove production/clone-1" ]
	[ "$(board '.rehearsal, .rehearsal_clone, .rehearsal_packages')" = "passed
production/clone-1
0" ]
	due 0
	[ "$(told .verdict)" = later ]
	[ "$(skips)" = 1 ]
}

@test "a rehearsal that fails is an answer too, and exit status 1" {
	# the board knows what is pending; no clone can be made of it
	make_newer archive jq 99.1
	index_archive "$PWD/archive"
	timetable FREQ=DAILY "what: security" "fail: clone"
	due 1
	[ "$(board '.rehearsal, .rehearsal_reason' | head -n 1)" = failed ]
	[[ $(board .rehearsal_reason) == *"no space for clone"* ]]
	due 0
	[ "$(told .verdict)" = later ]
}

@test "an environment can be named; one without a timetable is told so" {
	run_cli 0 due qa
	has "$output" "qa: the configuration has no 'rehearse' for it"
	run_cli 2 due nowhere
	run_cli 0 due production --dry-run
	has "$output" "production: a rehearsal is due; next at "
	timetable "FREQ=DAILY;UNTIL=20240105"
	due 0
	due 0
	[ "$(told '.verdict, .next_at')" = "never
null" ]
}

@test "a wrong rule is an error of the configuration with its line" {
	timetable "FREQ=DAILY;BYHOURS=5"
	run_cli 2 due
	has "$stderr" "patchline.yaml: line 17: 'rehearse' of 'production'" "did you mean 'BYHOUR'?"
}
