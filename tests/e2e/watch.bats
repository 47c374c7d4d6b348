#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Watching a rollout beside the promote that drives it.

load ../cli/helper
load lab

# Two waves; each host takes its time to be configured, and says so.
start_rollout() {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1 --postinst 'echo getting ready for the shop; touch /run/lab-hello.begun; sleep 5'
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >promoted 2>&1 3>&- &
	DRIVER=$!
	wait_until begun
}

begun() {
	on prod-web1 test -e /run/lab-hello.begun
}

# ends STATUS: the promote that start_rollout left running.
ends() {
	local status=0

	wait "$DRIVER" || status=$?
	[ "$status" = "$1" ] || {
		cat promoted
		return 1
	}
}

said() {
	[ "$("$PATCHLINE" show "$(last_rollout)" --json | jq -r '.hosts[0].said')" = "getting ready for the shop" ]
}

# The journal of the last rollout, "host step state" each.
journal() {
	"$PATCHLINE" show "$(last_rollout)" --json |
		jq -r '.steps[] | .host + " " + .step + " started", .host + " " + .step + " " + .state'
}

@test "every step is seen by who watches, and the last line of a host that is at work" {
	start_rollout
	"$PATCHLINE" watch --json >watched 2>errors 3>&- &
	WATCHER=$!
	wait_until said
	ends 0
	wait "$WATCHER"
	[ ! -s errors ]
	output=$(cat watched)
	lines_fit watch
	[ "$(jq -r 'select(.step) | .host + " " + .step + " " + .state' watched | sort)" = "$(journal | sort)" ]
	[ "$(jq -r 'select(.kind == "host.done") | .host' watched | paste -sd,)" = prod-web1,prod-web2 ]
	[ "$(jq -sr '.[-1].kind' watched)" = rollout.done ]
	[ "$(jq -sc '[.[] | .seq] | . == (. | sort | unique)' watched)" = true ]
	[ "$(jq -r 'select(.host == "prod-web1" and .kind == "step.done" and .step == "apply") | .took_seconds >= 5' watched)" = true ]
	run_cli 0 verify
}

# bats test_tags=long
@test "a key on the terminal pauses the rollout that another program drives" {
	start_rollout
	status=0
	output=$("$BATS_TEST_DIRNAME/../cli/terminal" 100x24 see "getting ready for the shop" see "apply" key p \
		see "pause: its program was told" end -- "$PATCHLINE" watch production 2>&1) || status=$?
	[ "$status" = 0 ] || {
		printf '%s\n' "$output"
		return 1
	}
	has "$output" "ended 1" "paused by $(id -un)"
	ends 1
	has "$(verdict prod-web1)" done
	has "$(verdict prod-web2)" waiting
	run_cli 0 promote 2.2 --to production
	is_at prod-web2 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
}

# bats test_tags=long
@test "who watches is told when the program was killed" {
	start_rollout
	kill -KILL "$DRIVER"
	wait "$DRIVER" || :
	run_cli 0 watch --no-follow
	has "$stderr" "its program died, last heard of"
	"$PATCHLINE" watch >watched 2>errors 3>&- &
	WATCHER=$!
	run_cli 0 resume
	wait "$WATCHER"
	has "$(cat watched)" "prod-web1" "done"
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
}
