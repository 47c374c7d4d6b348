#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hosts that a rollout left out of service: where it is told, and load given back by hand. The drivers at work:
# tests/host/haproxy.bats, tests/e2e/drain.bats.

load helper

# owe HOST [ENVIRONMENT]: a rollout took its load two hours ago.
owe() {
	sqlite_run "INSERT INTO host_debt (host, debt, environment, rollout, since)
		VALUES ('$1', 'service', '${2:-qa}', 1, strftime('%s', 'now') - 7200)"
}

# drain_by KEYS: the driver of qa's group web.
drain_by() {
	sed -i "s|hosts: \[{name: qa-web1, address: 127.0.0.1, port: 1}\]|&, drain: {$1}|" patchline.yaml
}

@test "what is owed stands on the board, and on the cards of environment and host" {
	prepare
	owe qa-web1
	run_cli 0 status
	has "$output" "qa: qa-web1 is out of service since 2h ago, by rollout-1" "'patchline undrain qa-web1' gives load back"
	run_cli 0 status --json
	fits status
	[ "$(jq -c '.owed[] | [.host, .debt, .rollout]' <<<"$output")" = '["qa-web1","service","rollout-1"]' ]
	run_cli 0 show qa --json
	fits show
	[ "$(jq -r '.owed[].host' <<<"$output")" = qa-web1 ]
	owe dev-web1 development
	run_cli 0 show dev-web1 --json
	fits show
	[ "$(jq -r '.owed[0].since' <<<"$output")" != null ]
	run_cli 0 why dev-web1
	has "$output" 'out of service since 2h ago: rollout-1 took its load' 'patchline undrain dev-web1'
	run_cli 0 undrain dev-web1
	run_cli 0 show dev-web1 --json
	[ "$(jq -c .owed <<<"$output")" = '[]' ]
}

@test "undrain by hand runs the command, and the record says who and why" {
	prepare
	owe qa-web1
	# shellcheck disable=SC2016 # its own shell reads them
	printf 'env | grep ^PATCHLINE_ | sort >%s/told\n' "$PWD" >in
	drain_by "driver: command, out: /bin/false, in: \"sh $PWD/in\""
	run_cli 0 undrain qa-web1 --reason 'disk replaced'
	has "$output" 'qa-web1 has its load again'
	has "$(cat told)" PATCHLINE_ACTION=undrain PATCHLINE_HOST=qa-web1 PATCHLINE_ADDRESS=127.0.0.1 \
		PATCHLINE_ENVIRONMENT=qa PATCHLINE_GROUP=web PATCHLINE_ROLLOUT=rollout-1 PATCHLINE_CANDIDATE=
	run_cli 0 log --json --subject qa-web1
	[ "$(jq -r '[.[] | select(.kind == "debt.paid") | .payload.how] | first' <<<"$output")" = 'by hand: disk replaced' ]
	run_cli 3 undrain qa-web1
	has "$stderr" "no load is owed to 'qa-web1'"
}

@test "a command that fails or takes too long: its words, and load is owed still" {
	prepare
	owe qa-web1
	drain_by 'driver: command, out: x, in: "echo the balancer says no; exit 4"'
	run_cli 1 undrain qa-web1
	has "$stderr" "'qa-web1' is still owed its load" 'ended with 4: the balancer says no'
	sed -i 's/in: "echo.*exit 4"/in: "sleep 60", timeout: 1s/' patchline.yaml
	run_cli 1 undrain qa-web1
	has "$stderr" "'sleep 60' had not ended after 1s"
	run_cli 0 status --json
	[ "$(jq -r '.owed[].host' <<<"$output")" = qa-web1 ]
}

@test "a balancer that cannot be reached is named, and load is owed still" {
	prepare
	owe qa-web1
	drain_by 'driver: haproxy, on: qa-db1, backend: shop'
	run_cli 1 undrain qa-web1
	has "$stderr" "load balancer 'qa-db1'" '127.0.0.1:1'
	run_cli 3 undrain qa-db1
	run_cli 0 undrain qa-web1 --dry-run --json
	fits undrain
	[ "$(jq -c '[.host, .is_done]' <<<"$output")" = '["qa-web1",false]' ]
}

@test "without a driver only the record is put right" {
	prepare
	owe qa-web1
	run_cli 0 undrain qa-web1 --json
	fits undrain
	[ "$(jq -c '[.rollout, .is_done]' <<<"$output")" = '["rollout-1",true]' ]
	run_cli 0 status --json
	[ "$(jq -c .owed <<<"$output")" = '[]' ]
}

@test "undrain refuses hosts that there are not" {
	prepare
	run_cli 1 undrain qa-web9
	has "$stderr" "there is no host 'qa-web9'"
}
