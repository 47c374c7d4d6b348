#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Servers that do not keep a connection for long, or not many of them.

load ../cli/helper
load lab

# serve_so LINE HOST...: in front of what their sshd is told otherwise.
serve_so() {
	local host

	for host in "${@:2}"; do
		on "$host" "printf '$1' >/etc/ssh/sshd_config.d/00-sessions.conf && systemctl reload ssh && sshd -T | grep -i '^${1%% *} '"
	done
}

@test "sshd hangs up on who is silent: three waves, with a turn to reboot, are done" {
	local host

	begin production:dev-web1,qa-web1,beta-web1,prod-web1
	offer lab-hello 1.1
	sed -i "/services: \[nginx/i\\        reboot: always" patchline.yaml
	serve_so 'ClientAliveInterval 1\nClientAliveCountMax 1\n' dev-web1 qa-web1 beta-web1 prod-web1
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	run_cli 0 show "$(last_rollout)" --json
	answers '[.hosts[] | .wave] | unique' '[1,2,3]'
	answers '[.hosts[] | .verdict] | unique' '["done"]'
	for host in dev-web1 qa-web1 beta-web1 prod-web1; do
		is_at "$host" lab-hello 1.1
	done
	[ "$(board production .status)" = clean ]
}

@test "sshd that has one session a connection, and one sign-in at a time" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	serve_so 'MaxSessions 1\nMaxStartups 1\n' prod-web1 prod-web2
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	[ "$(verdict prod-web1)" = "done " ]
	[ "$(verdict prod-web2)" = "done " ]
}

@test "a login shell that prints, and a kernel of another flavour that lies in /boot: told, and no cause for anything" {
	local before

	begin production:prod-web1
	sed -i "/services: \[nginx/i\\        reboot: if-needed" patchline.yaml
	on prod-web1 'sed -i "1i echo Welcome: web1; printf shown >\&2" /root/.bashrc; mkdir -p /boot; touch /boot/vmlinuz-$(uname -r) /boot/vmlinuz-$(uname -r)-rescue'
	before=$(on prod-web1 cat /proc/sys/kernel/random/boot_id | tail -n 1)
	offer lab-hello 1.1
	run_cli 0 sync
	run_cli 0 scan
	has "$stderr" "prod-web1: the login shell of root prints 'Welcome: web1"
	freeze
	run_cli 0 promote 2.2 --to production
	[ "$(verdict prod-web1)" = "done " ]
	[ "$(on prod-web1 cat /proc/sys/kernel/random/boot_id | tail -n 1)" = "$before" ]
}
