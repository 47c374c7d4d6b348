#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Swap: the patched copy becomes production, and what customers wrote meanwhile is all there.

load ../cli/helper
load lab
load clone

# offer_and_rehearse: lab-hello 1.1 on a clone of what is configured, approved.
offer_and_rehearse() {
	offer lab-hello 1.1 "$@"
	run_cli 0 sync
	rehearse --fix lab-hello
	run_cli 0 approve "$CLONE"
}

# bats test_tags=long
@test "web hosts are swapped while a customer orders: no acknowledged order is lost, and rollback puts them back" {
	begin_shop
	customer_comes
	offer_and_rehearse
	world=$(lab world payments production | wc -l)
	run_cli 0 promote "$CLONE" --swap --group web --yes --json
	fits promote
	answers '[.is_swapped, .hosts]' '[true,2]'
	[ "$(jq .downtime_ms <<<"$output")" -lt 10000 ]
	customer_leaves
	[ "$(lab world payments production | wc -l)" -gt "$world" ]
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.1
	is_at prod-db1 lab-hello 1.0
	[ "$(in_clone prod-web1 hostname 2>/dev/null || echo none)" = none ]
	run_cli 0 test production smoke checkout
	clone_is .state '"swapped"'

	customer_comes
	run_cli 0 rollback production --yes
	customer_leaves
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.0
	[ "$(sql prod-db1 'SELECT count(*) = count(DISTINCT id) FROM orders')" = t ]
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
	run_cli 0 test production smoke checkout
	run_cli 0 verify
}

# bats test_tags=long
@test "the whole shop is swapped with its database's data from the original, kept until the clone is removed" {
	begin_shop
	offer_and_rehearse
	customer_comes
	run_cli 0 promote "$CLONE" --swap --yes --json
	answers '[.is_swapped, .hosts]' '[true,4]'
	customer_leaves
	for host in $SHOP; do
		is_at "$host" lab-hello 1.1
	done
	# Customers have their names: the data was never the clone's.
	[ "$(sql prod-db1 "SELECT count(*) FROM customers WHERE email LIKE '%@masked.invalid'")" = 0 ]
	[ "$(board production '.status + " " + (.drifted | tostring)')" = "clean 0" ]
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
	is_at prod-web1 lab-hello 1.1
	run_cli 0 test production smoke checkout
}

@test "a swap whose test fails goes back by itself, and production is as it was" {
	begin_single prod-web1
	# Good in the clone, and wrong where it counts.
	printf '#!/bin/sh\n[ -n "$PATCHLINE_CLONE" ] || { echo "not in production"; exit 1; }\n' >agrees
	chmod +x agrees
	sed -i "s|command: \[/bin/true\]|command: [$PWD/agrees]|" patchline.yaml
	offer_and_rehearse
	run_cli 1 promote "$CLONE" --swap --yes
	has "$output$stderr" agrees
	is_at prod-web1 lab-hello 1.0
	[ "$(on prod-web1 systemctl is-active nginx)" = active ]
	clone_is .state '"running"'
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}

@test "a stateful group without declared data is not swapped" {
	begin_single prod-web1
	sed -i 's/^        release-check:/        stateful: true\n&/' patchline.yaml
	offer_and_rehearse
	run_cli 3 promote "$CLONE" --swap --yes
	has "$stderr" web data
	is_at prod-web1 lab-hello 1.0
	run_cli 0 clone remove "$CLONE" --yes
}

# bats test_tags=long
@test "what was written outside of declared data is shown on both sides before the question" {
	begin_single prod-web1
	offer_and_rehearse
	on prod-web1 'echo kept >/srv/upload'
	in_clone prod-web1 'echo tried >/srv/test-account'
	run_cli 3 promote "$CLONE" --swap
	has "$output$stderr" /srv/upload /srv/test-account
	is_at prod-web1 lab-hello 1.0
	run_cli 0 promote "$CLONE" --swap --yes
	is_at prod-web1 lab-hello 1.1
	run_cli 0 rollback production --yes
	[ "$(on prod-web1 cat /srv/upload)" = kept ]
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}


# bats test_tags=long
@test "a controller killed while it stops, exchanges, starts or tests goes on with resume" {
	begin_single prod-web1
	printf '#!/bin/sh\n[ -n "$PATCHLINE_CLONE" ] || { touch %s/testing; sleep 1; }\n' "$PWD" >agrees
	chmod +x agrees
	sed -i "s|command: \[/bin/true\]|command: [$PWD/agrees]|" patchline.yaml
	offer_and_rehearse
	killed_when has_action stop-original -- promote "$CLONE" --swap --yes
	killed_when has_action exchange -- resume
	killed_when has_action start-swapped -- resume
	killed_when test -e testing -- resume
	run_cli 0 resume
	clone_is .state '"swapped"'
	is_at prod-web1 lab-hello 1.1
	[ "$(on prod-web1 'grep -c " upgrade lab-hello:" /var/log/dpkg.log')" = 1 ]
	on prod-web1 systemctl is-active nginx

	killed_when has_action put-back -- rollback production --yes
	run_cli 0 resume
	is_at prod-web1 lab-hello 1.0
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
	run_cli 0 verify
}
