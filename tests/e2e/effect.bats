#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What was installed is also what runs: services on replaced files are restarted, hosts reboot where the policy says so.

load ../cli/helper
load lab

# group_key KEY: VALUE...: in the only group of the configuration.
group_key() {
	local line

	for line; do
		sed -i "/services: \[nginx/i\\        $line" patchline.yaml
	done
}

# A service of the host's own, and a package that replaces the program it runs, without a word to it.
start_daemon() {
	on "$1" 'cp /usr/bin/sleep /usr/local/bin/lab-daemon
		printf "[Service]\nExecStart=/usr/local/bin/lab-daemon infinity\n" >/etc/systemd/system/lab-daemon.service
		systemctl daemon-reload && systemctl start lab-daemon'
}

offer_replacement() {
	offer lab-hello 1.1 --postinst 'cp /usr/bin/sleep /usr/local/bin/new && mv /usr/local/bin/new /usr/local/bin/lab-daemon'
}

main_process() {
	on "$1" systemctl show -P MainPID lab-daemon
}

boot() {
	on "$1" cat /proc/sys/kernel/random/boot_id
}

# steps_of HOST: the names of its steps in the last rollout, all attempts.
steps_of() {
	run_cli 0 show "$(last_rollout)" --log "$1" --json
	jq -r '[.[] | .step + " " + .state] | join(", ")' <<<"$output"
}

@test "a service that runs on a replaced file is restarted, and one that is excepted is told" {
	local before

	begin production:prod-web1,prod-web2
	offer_replacement
	start_daemon prod-web1
	start_daemon prod-web2
	before=$(main_process prod-web1)
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	[ "$(main_process prod-web1)" != "$before" ]
	on prod-web1 systemctl is-active lab-daemon
	has "$(steps_of prod-web1)" "restart done"

	# Left alone: the host is at the set, and what is not in effect stands beside it.
	begin production:prod-web1
	group_key "restart-except: [lab-daemon]"
	start_daemon prod-web1
	before=$(main_process prod-web1)
	run_cli 0 promote 2.2 --to production
	[ "$(main_process prod-web1)" = "$before" ]
	has "$(verdict prod-web1)" done lab-daemon.service "/usr/local/bin/lab-daemon"
}

@test "somebody who is signed in meanwhile is told, and fails nothing" {
	local session

	begin production:prod-web1
	offer_replacement
	start_daemon prod-web1
	on prod-web1 'exec /usr/local/bin/lab-daemon 600' >/dev/null 2>&1 3>&- &
	session=$!
	sleep 2
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	kill $session
	has "$(verdict prod-web1)" done "root's session since" "runs on the old /usr/local/bin/lab-daemon until it ends"
	lacks "$(verdict prod-web1)" "still runs on"
}

@test "hosts of a group that always reboots come back in another boot, one at a time" {
	local first second

	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	group_key "reboot: always" "reboot-timeout: 60s"
	first=$(boot prod-web1) second=$(boot prod-web2)
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	[ "$(boot prod-web1)" != "$first" ]
	[ "$(boot prod-web2)" != "$second" ]
	has "$(steps_of prod-web2)" "apply done, reboot done"
	[ "$(board production .status)" = clean ]

	# Nothing changes any more, so nothing reboots.
	first=$(boot prod-web1)
	run_cli 0 promote 2.2 --to production
	[ "$(boot prod-web1)" = "$first" ]
}

# bats test_tags=long
@test "a host that does not go down has failed to reboot, and does so when promoted again" {
	local first

	begin production:prod-web1
	offer lab-hello 1.1
	group_key "reboot: always" "reboot-timeout: 12s" "reboot-command: test -e /run/go && systemctl reboot"
	first=$(boot prod-web1)
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "reboot: not back within 12s: it has not gone down" \
		"its last words: the command to reboot ended with 1: test -e /run/go"
	[ "$(board production .status)" = mixed ]

	# It is owed to the host, not to that rollout.
	run_cli 0 cancel "$(last_rollout)"
	on prod-web1 touch /run/go
	run_cli 0 promote 2.2 --to production
	[ "$(boot prod-web1)" != "$first" ]
	lacks "$(steps_of prod-web1)" apply
	[ "$(upgrades prod-web1 lab-hello)" = 1 ]
}

# bats test_tags=long
@test "a host that hangs on its way down has failed to reboot, and what it hangs on is told" {
	begin production:prod-web1
	offer lab-hello 1.1
	group_key "reboot: always" "reboot-timeout: 15s"
	on prod-web1 'printf "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\nExecStop=/bin/sleep 600\nTimeoutStopSec=600\n" >/etc/systemd/system/lab-slow.service
		systemctl daemon-reload && systemctl start lab-slow'
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "reboot: not back within 15s" lab-slow
	# Else it would hang whoever uses it next.
	lab revert prod-web1
}

# bats test_tags=long
@test "a host that is excepted from reboots stays up while others go down" {
	local first second

	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	group_key "reboot: always" "reboot-timeout: 60s" "reboot-except: [prod-web1]"
	first=$(boot prod-web1) second=$(boot prod-web2)
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	[ "$(boot prod-web1)" = "$first" ]
	[ "$(boot prod-web2)" != "$second" ]
	lacks "$(steps_of prod-web1)" reboot
}
