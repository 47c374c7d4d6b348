#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Rollouts that do not go well: packages that fail, two people at once, a controller that dies.

load ../cli/helper
load lab

@test "a package that cannot be configured stops the rollout after the canary" {
	begin production:prod-web1,prod-web2
	offer lab-broken 1.1 --fails-postinst
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$output$stderr" prod-web1 "lab-broken: cannot be configured, on purpose"
	has "$(verdict prod-web1)" failed lab-broken
	has "$(verdict prod-web2)" waiting
	run_cli 0 show "$(last_rollout)" --log prod-web1
	has "$output" "cannot be configured, on purpose"
	is_at prod-web2 lab-broken 1.0
	[ "$(upgrades prod-web2 lab-broken)" = 0 ]
	[ "$(board production .status)" = mixed ]
	run_cli 0 show "$(last_rollout)"
	has "$output" stopped budget
	run_cli 0 why prod-web1
	has "$output" lab-broken
}

# A package that takes its time to be configured: one that rollouts are met in the middle of.
offer_slow() {
	offer lab-hello 1.1 --postinst 'touch /run/lab-hello.begun; sleep 5'
}

begun() {
	on prod-web1 test -e /run/lab-hello.begun
}

@test "of two promotions to one environment one is refused, and told who has it" {
	begin production:prod-web1
	offer_slow
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	local first=$!
	wait_until begun
	run_cli 1 promote 2.2 --to production --json
	[ "$(jq -r .kind <<<"$stderr")" = conflict ]
	has "$stderr" "process $first" "promote $CANDIDATE --to production"
	wait "$first"
	is_at prod-web1 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 1 ]
}

# bats test_tags=long
@test "a controller killed while a host installs: the host finishes alone, and nothing is done twice" {
	begin production:prod-web1,prod-web2
	offer_slow
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	local first=$!
	wait_until begun
	kill -KILL "$first"
	wait "$first" || :
	has "$(board production .status)" rolling
	run_cli 0 why prod-web2
	has "$output" "rollout-"
	wait_until is_at prod-web1 lab-hello 1.1 >/dev/null
	run_cli 0 promote 2.2 --to production --json
	[ "$(jq -c .is_complete <<<"$output")" = true ]
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.1
	is_whole prod-web1
	for host in prod-web1 prod-web2; do
		[ "$(upgrades $host lab-hello)" = 1 ]
		[ "$(on $host "grep -c ' configure lab-hello:all 1.1' /var/log/dpkg.log")" = 1 ]
	done
	[ "$(board production .status)" = clean ]
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 1 ]
	run_cli 0 verify
}

# bats test_tags=long
@test "a controller killed and run again at once joins the step that still runs on the host" {
	begin production:prod-web1
	offer_slow
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	local first=$!
	wait_until begun
	kill -KILL "$first"
	wait "$first" || :
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	is_whole prod-web1
	[ "$(board production .status)" = clean ]
}
