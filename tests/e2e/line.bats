#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The line itself: what was sealed first is what arrives last, and evidence is of what hosts really are.

load ../cli/helper
load lab

@test "a mirror that moves on between environments changes nothing" {
	begin development:dev-web1 qa:qa-web1 production:prod-web1
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 0 deployed 2.2 --to development
	run_cli 0 test development
	run_cli 0 promote 2.2 --to qa
	run_cli 0 deployed 2.2 --to qa
	run_cli 0 test qa

	offer lab-hello 1.2
	rm "$MIRROR/pool/$SUITE"/lab-hello_1.1_*.deb
	publish "$SUITE"
	run_cli 0 sync
	has "$(board production .pending)" 1
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	[ "$(board production .set)" = "$(board development .set)" ]
	[ "$(board production .pending)" = 1 ]

	# A later fix is a new set, never a changed one.
	run_cli 0 freeze 2.3 --json
	[ "$(frozen)" = "lab-hello 1.2" ]
	[ "$(jq -r .set <<<"$output")" != "$SET" ]
	run_cli 0 verify
}

@test "a package changed by hand is drift: told, counted for nothing, refused, and good again when put right" {
	begin development:dev-web1 qa:qa-web1
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 0 deployed 2.2 --to development
	run_cli 0 test development

	# Older than the set.
	lab deb lab-hello 1.0 --output "$PWD" >/dev/null
	onto dev-web1 lab-hello_1.0_all.deb
	on dev-web1 dpkg -i /var/tmp/lab-hello_1.0_all.deb >/dev/null 2>&1
	run_cli 0 scan development
	[ "$(board development .drifted)" = 1 ]
	run_cli 0 status
	has "$output" dev-web1 lab-hello
	run_cli 0 test development --json
	fits test
	[ "$(jq -r .candidate <<<"$output")" = null ]
	has "$(jq -r .contradiction <<<"$output")" dev-web1 lab-hello
	run_cli 3 promote 2.2 --to qa
	has "$stderr" development "patchline status"
	is_at qa-web1 lab-hello 1.0

	# Newer than the set.
	lab deb lab-hello 9.0 --output "$PWD" >/dev/null
	onto dev-web1 lab-hello_9.0_all.deb
	on dev-web1 dpkg -i /var/tmp/lab-hello_9.0_all.deb >/dev/null
	run_cli 0 scan development
	[ "$(board development .drifted)" = 1 ]
	run_cli 0 status
	has "$output" dev-web1 "9.0"
	run_cli 3 promote 2.2 --to qa
	run_cli 0 why dev-web1
	has "$output" lab-hello 9.0

	# Put right: by hand, as it came; that all hosts have it again is proved by promoting once more.
	onto dev-web1 "$MIRROR/pool/$SUITE/lab-hello_1.1_all.deb"
	on dev-web1 dpkg -i /var/tmp/lab-hello_1.1_all.deb >/dev/null 2>&1
	run_cli 0 promote 2.2 --to development --json
	answers '[.is_complete, .packages]' '[true,0]'
	run_cli 0 test development --json
	answers .candidate "\"$CANDIDATE\""
	[ "$(board development .drifted)" = 0 ]
	run_cli 0 promote 2.2 --to qa
	is_at qa-web1 lab-hello 1.1
}

# bats test_tags=long
@test "drift behind the set is put right by promoting again" {
	begin development:dev-web1 qa:qa-web1
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 0 deployed 2.2 --to development
	lab deb lab-hello 1.0 --output "$PWD" >/dev/null
	onto dev-web1 lab-hello_1.0_all.deb
	on dev-web1 dpkg -i /var/tmp/lab-hello_1.0_all.deb >/dev/null 2>&1
	run_cli 0 promote 2.2 --to development
	is_at dev-web1 lab-hello 1.1
	run_cli 0 test development
	run_cli 0 promote 2.2 --to qa
}
