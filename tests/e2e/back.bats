#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hosts go back: to a snapshot, by an exact downgrade, by themselves when they or their tests fail, and by hand.

load ../cli/helper
load lab

# keys KEY: VALUE...: in the only group of the configuration.
keys() {
	local line

	for line; do
		sed -i "/services: \[nginx/i\\        $line" patchline.yaml
	done
}

# snapshots: production is cloned by the lab's provider from now on.
snapshots() {
	sed -n '/^providers:/,/^ssh:/p' "$PATCHLINE_LAB/patchline.yaml" | sed '$d' >providers
	sed -i '/^ssh:/{
		r providers
		N
	}' patchline.yaml
	# The file was put behind the line that it belongs in front of.
	awk '/^ssh:/ { held = $0; next } held != "" && /^  user:/ { print held; held = "" } { print }' patchline.yaml >ordered
	mv ordered patchline.yaml
	sed -i '/^  - name: production$/a\    clone: {provider: btrfs}' patchline.yaml
}

# A service whose check fails with lab-hello 1.1 on the hosts named.
health='health: ["! grep -qs 1.1 /usr/share/lab-hello/version || test ! -e /etc/lab-fails"]'

failing() {
	local host

	for host; do
		on "$host" touch /etc/lab-fails
	done
}

# ways: of the hosts in the last rollout, in compact JSON.
way() {
	run_cli 0 show "$(last_rollout)" --json
	fits show
	jq -r --arg host "$1" '.hosts[] | select(.host == $host) | .way_back' <<<"$output"
}

@test "a host whose check fails goes back to its snapshot, is proved, and the environment is held until that is lifted" {
	begin production:prod-web1,prod-web2
	snapshots
	keys "$health" "on-failure: revert-host" "patience: 2s" "failure-budget: 100%" "wave-budget: 100%"
	offer lab-hello 1.1
	failing prod-web1
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" reverted "verify: " "taken back by snapshot"
	has "$(verdict prod-web2)" done
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.1
	on prod-web1 systemctl is-active nginx
	has "$(way prod-web1)" "snapshot rollout-1"
	[ "$(board production .status)" = mixed ]

	run_cli 3 promote 2.2 --to production
	has "$stderr" "'production' is held by" "prod-web1 went back: verify" "patchline lift production --reason"
}

@test "a downgrade takes back what was upgraded and removes what came new, also when no archive has the old version" {
	local pass

	for pass in archive rebuilt; do
		begin production:prod-web1
		keys "$health" "on-failure: revert-host" "patience: 2s" "way-back: downgrade"
		offer lab-new 1.0
		offer lab-hello 1.1 --depends lab-new
		[ "$pass" = rebuilt ] || publish "$SUITE" "$(lab deb lab-hello 1.0 --output "$BATS_TEST_TMPDIR")"
		failing prod-web1
		run_cli 0 sync
		freeze
		run_cli 1 promote 2.2 --to production
		has "$(verdict prod-web1)" reverted "taken back by downgrade"
		is_at prod-web1 lab-hello 1.0
		[ -z "$(version prod-web1 lab-new)" ]
		is_whole prod-web1
		has "$(way prod-web1)" "downgrade of 1 package, 1 removed"
		[ "$pass" = archive ] || has "$(way prod-web1)" "1 rebuilt"
		run_cli 0 verify
		rm -rf state
	done
}
