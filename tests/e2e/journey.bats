#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The whole journey: Debian's own pending patches and a release of the shop, from Development to production, through all
# gates; and at its end what the hosts themselves say of it.

load ../cli/helper
load lab

HOSTS='dev-db1 dev-web1 qa-db1 qa-web1 beta-db1 beta-web1 prod-db1 prod-web1 prod-web2 prod-lb1'
PRODUCTION='prod-db1 prod-web1 prod-web2 prod-lb1'

# The lab's own configuration with another state, and a soak that no test run is as long as.
write_lab_line() {
	sed -e "s|^state: .*|state: $PWD/state|" -e 's/soak: 5s/soak: 1h/' -e "s/suites: \[stable\]/suites: [stable, $SUITE]/" \
		"$PATCHLINE_LAB/patchline.yaml" >patchline.yaml
	export PATCHLINE_CONFIG=$PWD/patchline.yaml
}

# Everything below /etc/apt of a host, with times.
apt_of() {
	on "$1" 'find /etc/apt -exec stat -c "%n %Y %a" {} + | sort; find /etc/apt -type f -exec sha256sum {} + | sort'
}

# "name version" of each package of the set that the host had something older of before.
expected() {
	local host=$1

	# shellcheck disable=SC2016
	on "$host" 'dpkg-query -W -f "\${Package} \${db:Status-Status}\n"' | awk '$2 == "installed" { print $1 }' >here
	jq -r '.packages[] | .name + " " + .version' set.json | awk 'NR == FNR { here[$1]; next } $1 in here' here -
}

deploy() {
	lab deploy 2.2 "$1" >deploy.log 2>&1 || {
		cat deploy.log
		return 1
	}
}

# bats test_tags=long
@test "a release and its patches go from Development to production" {
	write_lab_line
	# shellcheck disable=SC2086
	lab revert $HOSTS
	offer lab-hello 1.1 --fixes 'Fix CVE-2026-0001.'
	for host in $PRODUCTION; do
		apt_of "$host" >"apt-$host"
	done

	run_cli 0 sync
	run_cli 0 scan --json
	fits scan
	answers '[.[] | select(.error_kind != null)] | length' 0
	run_cli 0 status
	has "$output" development production
	freeze --only openssl --only nginx --only postgresql-15 --only haproxy --only lab-hello
	"$PATCHLINE" show "$SET" --json >set.json
	has "$(frozen)" "lab-hello 1.1" openssl nginx postgresql-15
	has "$(jq -r '.packages[].advisories[]' <<<"$output")" CVE-2026-0001
	run_cli 0 show "$SET"
	has "$output" CVE-2026-0001

	# Development: the code is deployed, its patches follow.
	deploy development
	has "$(cat deploy.log)" "rollout-"
	[ "$(board development '.status + " " + .set')" = "clean $SET" ]
	run_cli 3 promote 2.2 --to qa
	has "$stderr" smoke checkout "patchline test development"
	run_cli 3 promote 2.2 --to production
	has "$stderr" beta
	run_cli 0 test development --json
	fits test
	[ "$(jq -r .candidate <<<"$output")" = "$CANDIDATE" ]

	# QA: patches first, then the code.
	run_cli 0 promote 2.2 --to qa
	run_cli 3 promote 2.2 --to beta
	has "$stderr" "but not its code" "patchline deployed 2.2 --to qa"
	deploy qa
	run_cli 0 test qa
	run_cli 3 promote 2.2 --to beta
	has "$stderr" "patchline approve $CANDIDATE --in qa"
	run_cli 0 approve 2.2 --in qa --comment "looked at cart and checkout"

	run_cli 0 promote 2.2 --to beta
	deploy beta
	run_cli 0 test beta
	run_cli 0 approve 2.2 --in beta --comment "beta is happy"
	run_cli 4 promote 2.2 --to production
	has "$stderr" "is to stay in beta"
	sed -i 's/soak: 1h/soak: 1s/' patchline.yaml

	for host in $PRODUCTION; do
		expected "$host" >"expected-$host"
		[ -s "expected-$host" ]
	done
	run_cli 0 promote 2.2 --to production --json
	fits promote
	[ "$(jq -r .is_complete <<<"$output")" = true ]
	deploy production
	run_cli 0 test production smoke checkout

	# The hosts' own words: exactly the versions of the set, each upgraded once, their own apt as it was.
	for host in $PRODUCTION; do
		while read -r package version; do
			is_at "$host" "$package" "$version"
			[ "$(upgrades "$host" "$package")" -le 1 ]
		done <"expected-$host"
		[ "$(upgrades "$host" lab-hello)" = 1 ]
		is_whole "$host"
		[ "$(apt_of "$host")" = "$(cat "apt-$host")" ]
	done
	[ "$(upgrades prod-web1 nginx)" = 1 ]
	[ "$(upgrades prod-web2 nginx)" = 1 ]
	[ "$(upgrades prod-db1 postgresql-15)" = 1 ]
	[ "$(on prod-web1 cat /srv/shop/RELEASE)" = 2.2 ]

	# And ours.
	run_cli 0 scan
	run_cli 0 status --json
	fits status
	[ "$(jq -c --arg set "$SET" '[.environments[] | .status == "clean" and .set == $set and .drifted == 0 and .release == "2.2"]' \
		<<<"$output")" = '[true,true,true,true]' ]
	run_cli 0 show production --json
	fits show
	run_cli 0 show "$CANDIDATE" --json
	fits show
	[ "$(jq -c '[.environments[] | [.is_here, .tests_passed, .approvals]]' <<<"$output")" = \
		'[[true,2,0],[true,2,1],[true,2,1],[true,2,0]]' ]
	run_cli 0 evidence "$CANDIDATE" --json
	fits evidence
	answers '[(.tests | length), (.approvals | length), ([.tests[].outcome] | unique)]' '[8,2,["passed"]]'
	run_cli 0 log --limit 1000 --json
	fits log
	[ "$(jq '[.[] | select(.kind == "gate.refused")] | length' <<<"$output")" -ge 3 ]
	answers '[.[] | select(.kind == "approval.given")] | length' 2
	run_cli 0 rollouts --json
	fits rollouts
	answers '[.[].state] | unique' '["done"]'
	for host in $PRODUCTION; do
		run_cli 0 why "$host"
		lacks "$output" failed
	done
	run_cli 0 verify
	has "$output" "all as it was"

	# Again: nothing is left to do, and nothing is done.
	run_cli 0 promote 2.2 --to production --json
	answers '[.is_complete, .packages]' '[true,0]'
}
