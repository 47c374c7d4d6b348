#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Before anything is changed: other updaters are held off and put back, and all that speaks against patching is told at once.

load ../cli/helper
load lab

group_key() {
	local line

	for line; do
		sed -i "/services: \[nginx/i\\        $line" patchline.yaml
	done
}

steps_of() {
	run_cli 0 show "$(last_rollout)" --log "$1" --json
	jq -r '[.[] | .step + " " + .state] | join(", ")' <<<"$output"
}

# updaters HOST: how each is, as systemd says.
updaters() {
	on "$1" 'systemctl show -p Id -p UnitFileState -p ActiveState -p SubState apt-daily.timer apt-daily-upgrade.timer'
}

# nothing_held HOST: nothing of a hold is left on it.
nothing_held() {
	[ -z "$(on "$1" 'ls -d /var/lib/patchline/updaters /etc/systemd/system/*/50-patchline-hold.conf 2>/dev/null')" ]
}

findings() {
	jq -r '.[] | .host + " " + .check + " " + .severity' <<<"$output"
}

@test "other updaters cannot start while a host is patched, nor after its reboot, and are then as they were" {
	local before

	begin production:prod-web1
	on prod-web1 'systemctl start apt-daily.timer; systemctl disable -q apt-daily-upgrade.timer; systemctl stop apt-daily-upgrade.timer'
	before=$(updaters prod-web1)
	offer lab-hello 1.1 --postinst 'systemctl start apt-daily.timer || :
		systemctl is-active apt-daily.timer >/var/tmp/during || :'
	group_key "reboot: always" "reboot-timeout: 60s"
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	has "$(steps_of prod-web1)" "stage done, hold-updaters done, precheck done, apply done, reboot done" \
		"free-updaters done, verify done"
	[ "$(on prod-web1 cat /var/tmp/during)" = inactive ]
	# In the boot after it the timer was to start, and the condition spoke against it.
	has "$(on prod-web1 'journalctl -b -o cat _PID=1 | grep -i "ConditionPathExists=!/var/lib/patchline/updaters"')" apt
	[ "$(updaters prod-web1)" = "$before" ]
	nothing_held prod-web1
}

# bats test_tags=long
@test "however it goes, updaters are put back: apply fails; the controller dies" {
	local before first

	begin production:prod-web1
	before=$(updaters prod-web1)
	offer lab-hello 1.1 --fails-postinst
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(steps_of prod-web1)" "apply failed, free-updaters done"
	[ "$(updaters prod-web1)" = "$before" ]
	nothing_held prod-web1

	begin production:prod-web1
	before=$(updaters prod-web1)
	offer lab-hello 1.2 --postinst 'touch /var/tmp/begun; sleep 4'
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first.log 2>&1 3>&- &
	first=$!
	wait_until on prod-web1 test -e /var/tmp/begun
	kill -KILL "$first"
	[ "$(on prod-web1 'systemctl is-active apt-daily.timer')" = inactive ]
	run_cli 0 promote 2.2 --to production
	[ "$(updaters prod-web1)" = "$before" ]
	nothing_held prod-web1
}

# bats test_tags=long
@test "an updater that installs right now is waited for, then named; when it has ended the same promote goes on" {
	begin production:prod-web1
	offer lab-hello 1.1
	group_key "patience: 2s"
	run_cli 0 sync
	freeze
	on prod-web1 'mkdir -p /run/systemd/system/apt-daily.service.d
		printf "[Service]\nExecStartPre=\nExecStart=\nExecStart=/bin/sleep 300\n" >/run/systemd/system/apt-daily.service.d/slow.conf
		systemctl daemon-reload; systemctl start --no-block apt-daily.service'
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "precheck: updaters: another updater is running now: apt-daily.service"
	[ "$(on prod-web1 systemctl is-active apt-daily.service)" = activating ]
	nothing_held prod-web1
	is_at prod-web1 lab-hello 1.0
	on prod-web1 systemctl stop apt-daily.service
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
}

@test "check --for tells everything at once, of all hosts, and leaves nothing behind" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	group_key "patience: 2s"
	run_cli 0 sync
	freeze
	run_cli 0 check production --for 2.2 --json
	fits check-for
	has "$(findings)" "prod-web1 ready note" "prod-web2 ready note" "prod-web1 updaters note"
	[ -z "$(on prod-web1 'ls -A /var/lib/patchline/sets 2>/dev/null')" ]

	on prod-web1 'mkdir -p /run/systemd/system/apt-daily.service.d
		printf "[Service]\nExecStartPre=\nExecStart=\nExecStart=/bin/sleep 300\n" >/run/systemd/system/apt-daily.service.d/slow.conf
		systemctl daemon-reload; systemctl start --no-block apt-daily.service'
	lab fault prod-web1 full-disk /var/cache/apt
	on prod-web1 'mount -o bind,ro /tmp /tmp'
	lab fault prod-web2 unreachable
	run_cli 1 check production --for 2.2 --json
	fits check-for
	has "$(findings)" "prod-web1 updaters error" "prod-web1 disk-space error" "prod-web1 read-only error" "prod-web2 reach error"
	[ "$(jq '[.[] | select(.severity == "error" and .todo == "")] | length' <<<"$output")" = 0 ]
	[ -z "$(on prod-web1 'ls -A /var/lib/patchline/sets 2>/dev/null')" ]
	nothing_held prod-web1
	[ "$("$PATCHLINE" rollouts --json | jq length)" = 0 ]
	on prod-web1 umount /tmp
}

# bats test_tags=long
@test "a host is not patched while too few others of its group would serve" {
	begin production:prod-web1,prod-web2
	offer lab-hello 1.1
	sed -i 's/failure-budget: 0/failure-budget: 100%/' patchline.yaml
	group_key "min-healthy: 1" "wave-budget: 100%"
	run_cli 0 sync
	freeze
	lab fault prod-web2 unreachable
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "precheck: min-healthy: 0 of 1 other hosts of group 'web' would serve meanwhile" \
		"prod-web2 is unreachable"
	is_at prod-web1 lab-hello 1.0
	lab fault prod-web2 clear
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.1
}

# bats test_tags=long
@test "a disk that fills up in the middle of apply is told in the host's words, and the same promote goes on" {
	begin production:prod-web1
	offer lab-conf 1.1 --conffile 'colour = blue'
	offer lab-hello 1.1 --size 4000
	run_cli 0 sync
	freeze
	lab fault prod-web1 full-disk /usr/share/lab-hello
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "apply:" "No space left on device"
	has "$(steps_of prod-web1)" "apply failed, free-updaters done"
	nothing_held prod-web1
	is_whole prod-web1
	[ "$(board production .status)" = mixed ]

	lab fault prod-web1 clear
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	is_at prod-web1 lab-conf 1.1
	is_whole prod-web1
	[ "$(board production .status)" = clean ]
}
