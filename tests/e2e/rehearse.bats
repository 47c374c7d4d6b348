#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Snapshot and test: patches tried on a clone, approved, and brought to the original host by host.

load ../cli/helper
load lab
load clone

# bats test_tags=long
@test "an urgent fix is tried on a clone of the shop, approved, and reaches production alone" {
	begin_shop
	offer lab-hello 1.1 --fixes 'Fix CVE-2026-0001.' --depends 'lab-conf (>= 1.1)'
	offer lab-conf 1.1 --conffile 'colour = blue'
	offer lab-rival 1.1
	run_cli 0 sync
	customer_comes
	rehearse --fix CVE-2026-0001
	[ "$(frozen)" = $'lab-conf 1.1\nlab-hello 1.1' ]
	SET=$("$PATCHLINE" show "$CANDIDATE" --json | jq -r .set)

	# The clone has it, production not yet.
	[ "$(in_clone prod-web1 'dpkg-query -Wf \${Version} lab-hello')" = 1.1 ]
	is_at prod-web1 lab-hello 1.0
	run_cli 3 promote "$CLONE" --patch-original
	has "$stderr" "0 of 1 approvals" "$CLONE"
	run_cli 0 approve "$CLONE" --comment "looked at it"
	run_cli 0 evidence "$CANDIDATE" --json
	answers '[(.tests | length), (.approvals | length)]' '[2,1]'

	run_cli 0 promote "$CLONE" --patch-original --json
	fits promote
	answers '[.is_complete, .equality.verdict, .equality.equal_hosts]' '[true,"equal",4]'
	for host in $SHOP; do
		is_at "$host" lab-hello 1.1
		is_at "$host" lab-rival 1.0
		is_whole "$host"
	done
	[ "$(board production '.status + " " + .set + " " + (.drifted | tostring)')" = "clean $SET 0" ]
	customer_leaves
	none_failed
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
	run_cli 0 verify
}

@test "an approval is stale when packages, release or a named file have changed since, and says which" {
	begin_single prod-web1
	offer lab-hello 1.1
	run_cli 0 sync
	rehearse --fix lab-hello
	run_cli 0 approve "$CLONE"

	lab deb lab-rival 1.1 --output "$PWD" >/dev/null
	onto prod-web1 lab-rival_1.1_all.deb
	on prod-web1 dpkg -i /var/tmp/lab-rival_1.1_all.deb >/dev/null
	run_cli 3 promote "$CLONE" --patch-original
	has "$stderr" prod-web1 lab-rival 1.1
	lab deb lab-rival 1.0 --output "$PWD" >/dev/null
	onto prod-web1 lab-rival_1.0_all.deb
	on prod-web1 dpkg -i /var/tmp/lab-rival_1.0_all.deb >/dev/null 2>&1

	on prod-web1 'echo "# hurried" >>/etc/nginx/nginx.conf'
	run_cli 3 promote "$CLONE" --patch-original
	has "$stderr" prod-web1 /etc/nginx
	on prod-web1 "sed -i '\$d' /etc/nginx/nginx.conf"

	on prod-web1 'echo 2.2 >/srv/shop/RELEASE'
	run_cli 3 promote "$CLONE" --patch-original
	has "$stderr" 2.1 2.2
	on prod-web1 'echo 2.1 >/srv/shop/RELEASE'
	is_at prod-web1 lab-hello 1.0

	# A file that nobody named may change.
	on prod-web1 'echo hello >/root/note'
	run_cli 0 promote "$CLONE" --patch-original
	is_at prod-web1 lab-hello 1.1
	run_cli 0 clone remove "$CLONE" --yes
}

# bats test_tags=long
@test "a failing test leaves the clone up to be looked at, and nothing of it may enter" {
	begin_single prod-web1
	printf '#!/bin/sh\necho "the price is wrong"\nexit 1\n' >agrees
	chmod +x agrees
	sed -i "s|command: \[/bin/true\]|command: [$PWD/agrees]|" patchline.yaml
	offer lab-hello 1.1
	run_cli 0 sync
	run_cli 1 rehearse production --all --json
	fits rehearse
	[ "$(jq -r .state <<<"$output")" = failed ]
	has "$output" agrees
	[ "$(in_clone prod-web1 'dpkg-query -Wf \${Version} lab-hello')" = 1.1 ]
	run_cli 0 evidence --output "$(jq -r ".tests[0].id" <<<"$output")"
	has "$output" "the price is wrong"
	run_cli 0 approve "$CLONE"
	run_cli 3 promote "$CLONE" --patch-original
	has "$stderr" agrees
	is_at prod-web1 lab-hello 1.0
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}

@test "a package that fails on the clone never comes near production" {
	begin_single prod-web1
	offer lab-broken 1.1 --fails-postinst
	run_cli 0 sync
	run_cli 1 rehearse production --fix lab-broken
	has "$output$stderr" "lab-broken: cannot be configured, on purpose"
	run_cli 3 promote "$CLONE" --patch-original
	is_at prod-web1 lab-broken 1.0
	is_whole prod-web1
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}

@test "what nobody has on offer is refused before anything is copied" {
	begin_single prod-web1
	publish "$SUITE"
	run_cli 0 sync
	run_cli 1 rehearse production --fix CVE-2026-9999
	has "$stderr" CVE-2026-9999
	run_cli 3 rehearse production --all
	has "$stderr" pending
	run_cli 0 clones --json
	answers . '[]'
	nothing_left
}

# As the copy of the host itself says.
is_upgrading() { in_clone prod-web1 'grep -q " upgrade lab-hello" /var/log/dpkg.log'; }

# bats test_tags=long
@test "a controller killed while it copies, starts, patches or tests goes on with resume" {
	begin_single prod-web1
	printf '#!/bin/sh\ntouch %s/testing\nsleep 1\n' "$PWD" >agrees
	chmod +x agrees
	sed -i "s|command: \[/bin/true\]|command: [$PWD/agrees]|" patchline.yaml
	offer lab-hello 1.1 --postinst 'sleep 2'
	run_cli 0 sync
	killed_when has_action clone -- rehearse production --fix lab-hello
	killed_when has_action start -- resume
	killed_when is_upgrading -- resume
	killed_when test -e testing -- resume
	run_cli 0 resume
	clone_is .state '"running"'
	run_cli 0 clones --json
	answers length 1
	[ "$(in_clone prod-web1 'grep -c " upgrade lab-hello:" /var/log/dpkg.log')" = 1 ]
	run_cli 0 approve "$CLONE"
	run_cli 0 promote "$CLONE" --patch-original
	is_at prod-web1 lab-hello 1.1

	killed_when has_action remove -- clone remove "$CLONE" --yes
	run_cli 0 resume
	run_cli 0 clones --json
	answers . '[]'
	nothing_left
	run_cli 0 verify
}
