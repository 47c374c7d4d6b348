#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Hosts with troubles of their own: each is told in its own words, and the others are patched.

load ../cli/helper
load lab

@test "a held package is respected and told, the rest is patched" {
	begin production:prod-web1,prod-web2
	lab fault prod-web2 hold lab-hello
	offer lab-hello 1.1
	offer lab-conf 1.1 --conffile 'colour = blue'
	run_cli 0 sync
	run_cli 0 scan
	freeze
	[ "$(frozen)" = $'lab-conf 1.1\nlab-hello 1.1' ]
	has "$(jq -r '.notes[], (.left_out[] | .name + ": " + .reason)' <<<"$output")" lab-hello held
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	is_at prod-web2 lab-conf 1.1
	[ "$(on prod-web2 apt-mark showhold)" = lab-hello ]
	[ "$(board production '.status + " " + (.drifted | tostring)')" = "clean 0" ]
	run_cli 0 why prod-web2
	has "$output" lab-hello held
	run_cli 0 show prod-web2
	has "$output" lab-hello
	run_cli 0 show prod-web2 --json
	[ "$(jq -c .held <<<"$output")" = '["lab-hello"]' ]
}

@test "a broken package database is told at freeze, refused before it is touched, and mended later" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	run_cli 0 sync
	lab fault prod-web2 broken-dpkg
	run_cli 0 scan
	has "$output$stderr" prod-web2 lab-stuck
	freeze
	has "$(jq -r '.notes[]' <<<"$output")" prod-web2 lab-stuck
	run_cli 1 promote 2.2 --to production
	has "$output$stderr" prod-web2 lab-stuck
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	[ "$(upgrades prod-web2 lab-hello)" = 0 ]
	[ "$(board production .status)" = mixed ]
	run_cli 0 why prod-web2
	has "$output" lab-stuck "dpkg --configure -a"

	lab fault prod-web2 clear
	run_cli 0 promote 2.2 --to production --json
	answers '[.is_complete, .hosts.done, .packages]' '[true,2,1]'
	is_at prod-web2 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	[ "$(board production .status)" = clean ]
	run_cli 0 why prod-web2
	lacks "$output" lab-stuck
}

@test "a full disk is told, nothing is half done, and what is left is done when there is room" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1 --size 1000
	run_cli 0 sync
	freeze
	lab fault prod-web2 full-disk
	run_cli 1 promote 2.2 --to production
	has "$output$stderr" prod-web2
	[[ $(verdict prod-web2) =~ ^failed\ .*(space|free|full) ]]
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	is_whole prod-web2
	[ -z "$(on prod-web2 'find /var/lib/patchline -name .incoming\* -o -name .new\*')" ]
	[ "$(board production .status)" = mixed ]

	lab fault prod-web2 clear
	run_cli 0 promote 2.2 --to production --json
	answers '[.is_complete, .hosts.done, .packages]' '[true,2,1]'
	is_at prod-web2 lab-hello 1.1
	[ "$(board production .status)" = clean ]
}

# bats test_tags=long
@test "a host out of reach leaves the others done, and is done when it is back" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	lab fault prod-web2 unreachable
	run_cli 1 promote 2.2 --to production
	has "$output$stderr" prod-web2
	has "$(verdict prod-web2)" unreachable
	is_at prod-web1 lab-hello 1.1
	[ "$(board production .status)" = mixed ]
	run_cli 0 status
	has "$output" mixed
	run_cli 0 why prod-web2
	has "$output" "cannot be reached"

	lab fault prod-web2 clear
	run_cli 0 promote 2.2 --to production --json
	answers '[.is_complete, .hosts.done, .packages]' '[true,2,1]'
	is_at prod-web2 lab-hello 1.1
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
	[ "$(board production .status)" = clean ]
}

@test "what would remove a package is left out, and said why" {
	begin production:prod-web1
	offer lab-rival 1.1 --conflicts lab-hello
	offer lab-conf 1.1 --conffile 'colour = blue'
	run_cli 0 sync
	freeze
	[ "$(frozen)" = "lab-conf 1.1" ]
	has "$(jq -r '.left_out[] | .name + " " + .version + ": " + .reason' <<<"$output")" "lab-rival 1.1" lab-hello
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-conf 1.1
	is_at prod-web1 lab-rival 1.0
	is_at prod-web1 lab-hello 1.0
	run_cli 0 show "$SET"
	has "$output" lab-rival lab-hello
}

@test "a configuration file that the administrator changed stays as it is" {
	begin production:prod-web1,prod-web2
	on prod-web1 "echo 'colour = green' >/etc/lab-conf.conf"
	offer lab-conf 1.1 --conffile 'colour = red'
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-conf 1.1
	is_at prod-web2 lab-conf 1.1
	[ "$(on prod-web1 cat /etc/lab-conf.conf)" = 'colour = green' ]
	[ "$(on prod-web1 cat /etc/lab-conf.conf.dpkg-dist)" = 'colour = red' ]
	[ "$(on prod-web2 cat /etc/lab-conf.conf)" = 'colour = red' ]
}
