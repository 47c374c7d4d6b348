#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A rollout that is told to pause or to cancel while it runs, and one whose program is dead.

load ../cli/helper
load lab

# Two waves; each host takes its time to be configured.
start_rollout() {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1 --postinst 'touch /run/lab-hello.begun; sleep 5'
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	FIRST=$!
	wait_until begun
}

begun() {
	on prod-web1 test -e /run/lab-hello.begun
}

# ends STATUS: the promote that start_rollout left running.
ends() {
	local status=0

	wait "$FIRST" || status=$?
	[ "$status" = "$1" ] || {
		cat first
		return 1
	}
}

state() {
	"$PATCHLINE" show "$(last_rollout)" --json | jq -r .state
}

@test "a paused rollout brings the host under way to its end and begins no other; then it goes on" {
	start_rollout
	run_cli 0 pause "$(last_rollout)" --json
	fits pause
	[ "$(jq .is_done <<<"$output")" = false ]
	ends 1
	has "$(cat first)" "paused by"
	[ "$(state)" = paused ]
	has "$(verdict prod-web1)" done
	has "$(verdict prod-web2)" waiting
	is_at prod-web2 lab-hello 1.0

	# It goes on by the policy it began with: its second host is in the second wave, whatever the file says now.
	sed -i 's/canary: 1/canary: 0/' patchline.yaml
	run_cli 0 promote 2.2 --to production
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 1 ]
	run_cli 0 show "$(last_rollout)" --json
	answers '[.hosts[] | .wave]' '[1,2]'
	is_at prod-web2 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	[ "$(board production .status)" = clean ]
}

@test "a cancelled rollout is final, and what it came to is shown" {
	start_rollout
	run_cli 0 cancel "$(last_rollout)"
	ends 1
	[ "$(state)" = cancelled ]
	[ "$(board production .status)" = mixed ]
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	run_cli 0 promote 2.2 --to production
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 2 ]
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
}

# bats test_tags=long
@test "a rollout whose program was killed is cancelled by whoever asks, at once" {
	start_rollout
	kill -KILL "$FIRST"
	wait "$FIRST" || :
	run_cli 0 cancel "$(last_rollout)" --json
	[ "$(jq .is_done <<<"$output")" = true ]
	[ "$(state)" = cancelled ]
	[ "$(board production .status)" = mixed ]
	has "$(verdict prod-web1)" failed "died"
	wait_until is_at prod-web1 lab-hello 1.1 >/dev/null
	run_cli 0 promote 2.2 --to production
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	[ "$(board production .status)" = clean ]
	run_cli 0 verify
}

@test "a rollout is cancelled at once though its host never answers again" {
	start_rollout
	lab fault prod-web1 frozen
	run_cli 0 cancel "$(last_rollout)" --now --json
	fits pause
	[ "$(jq -r .wish <<<"$output")" = abandon ]
	ends 1
	[ "$(state)" = cancelled ]
	has "$(verdict prod-web1)" failed "not waited for any longer, by"
	has "$(verdict prod-web2)" waiting
	[ "$(board production .status)" = mixed ]
	lab fault prod-web1 clear
	wait_until is_at prod-web1 lab-hello 1.1 >/dev/null
}
