#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rollouts that are taken up again: after their program was killed, after hosts failed, after hosts came and went.

load ../cli/helper
load lab

# Two hosts, one after the other; each takes its time to be configured. Leaves FIRST, the program that drives it.
start_rollout() {
	begin development:dev-web1 production:prod-web1,prod-web2
	offer lab-hello 1.1 --postinst 'touch /run/lab-hello.begun; sleep 4'
	run_cli 0 sync
	freeze
	run_cli 0 deployed 2.2 --to development
	run_cli 0 test development
	"$PATCHLINE" deployed 2.2 --to production >first 2>&1 3>&- &
	FIRST=$!
	wait_until begun
}

begun() {
	on prod-web1 test -e /run/lab-hello.begun
}

kill_first() {
	kill -KILL "$FIRST"
	wait "$FIRST" || :
}

# Both hosts at the set, each by one transaction of its package manager; the record whole.
ended_well() {
	local host

	for host in prod-web1 prod-web2; do
		is_at "$host" lab-hello 1.1
		[ "$(upgrades "$host" lab-hello)" = 1 ]
		is_whole "$host"
	done
	[ "$(board production .status)" = clean ]
	run_cli 0 verify
}

@test "resume goes on with a rollout whose program died; its gate was asked when it began" {
	start_rollout
	kill_first
	run_cli 0 reject 2.2 --in development --comment "too late"
	run_cli 0 resume --dry-run --json
	fits resume
	answers '[.[] | [.doing, .environment, .outcome]]' '[["rollout","production","left"]]'
	run_cli 0 resume "$(last_rollout)" --json
	fits resume
	answers '[.[] | .outcome]' '["ended"]'
	[ "$("$PATCHLINE" rollouts --env production --json | jq length)" = 1 ]
	ended_well
	run_cli 0 resume
	has "$output" "Nothing was left half-way"
}

# bats test_tags=long
@test "a test of the environment first goes on with what a killed program left there" {
	start_rollout
	kill_first
	run_cli 0 test production agrees --json
	has "$stderr" "was left half-way by a program that died: going on with it"
	answers '[.tests[] | .outcome]' '["passed"]'
	[ "$(jq -r .candidate <<<"$output")" = "$CANDIDATE" ]
	ended_well
}

# bats test_tags=long
@test "what is due first goes on with what a killed program left" {
	start_rollout
	kill_first
	run_cli 0 due
	has "$stderr" "was left half-way by a program that died: going on with it"
	ended_well
}

# bats test_tags=long
@test "a paused rollout is resumed by its name" {
	start_rollout
	run_cli 0 pause "$(last_rollout)"
	wait "$FIRST" || :
	run_cli 0 resume
	has "$output" "Nothing was left half-way"
	run_cli 0 resume "$(last_rollout)" --json
	answers '[.[] | .outcome]' '["ended"]'
	ended_well
}

@test "retry does what failed and what was not started, and nothing else" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	lab fault prod-web1 full-disk /var/lib/patchline
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "no space for the set in /var/lib/patchline"
	has "$(verdict prod-web2)" waiting
	lab fault prod-web1 clear
	run_cli 0 retry "$(last_rollout)" --json
	fits promote
	answers '[.is_complete, .hosts.done]' '[true,2]'
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 1 ]
	ended_well
	run_cli 1 retry "$(last_rollout)"
	has "$stderr" "has ended"
}

# bats test_tags=long
@test "retry leaves out a host that is configured no more, and does not take in a new one" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	lab fault prod-web1 full-disk /var/lib/patchline
	run_cli 1 promote 2.2 --to production
	lab fault prod-web1 clear
	cp patchline.yaml whole.yaml
	sed -i 's/{name: prod-web2,/{name: prod-web9,/' patchline.yaml
	run_cli 1 retry "$(last_rollout)"
	has "$stderr" "'prod-web9' was not in 'production' when" "begins another with it"
	sed -i '/prod-web9/d' patchline.yaml
	run_cli 0 retry "$(last_rollout)"
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	has "$(verdict prod-web2)" skipped "no longer in the configuration"
}

@test "a host that never answers again ends its step by the lease, and the rollout is shown as it is" {
	begin production:prod-web1,prod-web2
	sed -i 's/canary: 1/&\n        step-timeout: 6s/' patchline.yaml
	offer lab-hello 1.1 --postinst 'touch /run/lab-hello.begun; sleep 30'
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "apply: no end of it within 6s" "patchline retry"
	has "$(verdict prod-web2)" waiting
	[ "$(board production .status)" = mixed ]
}
