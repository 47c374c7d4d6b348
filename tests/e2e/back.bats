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

# provided PROVIDER: production is cloned by it from now on.
provided() {
	{
		printf 'providers:\n  - {name: capture, command: [%s/providers/capture]}\n' "${LABDIR%/*}"
		sed -n '/^providers:/,/^ssh:/{/^providers:/d;/^ssh:/d;p}' "$PATCHLINE_LAB/patchline.yaml"
		cat patchline.yaml
	} >with-provider
	mv with-provider patchline.yaml
	sed -i "/^  - name: production\$/a\    clone: {provider: $1}" patchline.yaml
}

# A check that fails with lab-hello 1.1 on hosts that have the file which failing() makes.
health='health: ["! grep -qs 1.1 /usr/share/lab-hello/version || test ! -e /etc/lab-fails"]'

failing() {
	local host

	for host; do
		on "$host" touch /etc/lab-fails
	done
}

# way HOST: in the last rollout.
way() {
	run_cli 0 show "$(last_rollout)" --json
	fits show
	jq -r --arg host "$1" '.hosts[] | select(.host == $host) | .way_back' <<<"$output"
}

@test "a host whose check fails goes back to its snapshot, is proved, and the environment is held until that is lifted" {
	begin production:prod-web1,prod-web2
	provided btrfs
	sed -i 's/failure-budget: 0/failure-budget: 100%/' patchline.yaml
	keys "$health" "on-failure: revert-host" "patience: 2s" "wave-budget: 100%"
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
	run_cli 3 promote 2.2 --to production --dry-run
	has "$(board production .held_reason)" "prod-web1 went back: verify"
	run_cli 0 show production
	has "$output" "held since"
	run_cli 2 lift production
	on prod-web1 rm /etc/lab-fails
	run_cli 0 lift production --reason "the check is mended" --json
	fits hold
	run_cli 1 lift production --reason "twice"
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	[ "$(board production .status)" = clean ]
	[ "$("$PATCHLINE" log --limit 0 --json | jq -r '[.[] | select(.kind | test("environment.(held|lifted)"))] | length')" = 2 ]
	run_cli 0 verify
}

# As Docker, systemd and administrators make them; no snapshot of the root has it.
@test "a subvolume inside a host's root is not lost: the way back is a downgrade" {
	local inner=$PATCHLINE_LAB/mount/disk/hosts/prod-web1/var/lib/docker-like

	begin production:prod-web1
	provided btrfs
	keys "$health" "on-failure: revert-host" "patience: 2s"
	btrfs subvolume create "$inner" >/dev/null
	echo precious >"$inner/data"
	offer lab-hello 1.1
	failing prod-web1
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" reverted "taken back by downgrade"
	is_at prod-web1 lab-hello 1.0
	[ "$(on prod-web1 cat /var/lib/docker-like/data)" = precious ]
	btrfs subvolume delete "$inner" >/dev/null
}

# bats test_tags=long
@test "a downgrade takes back what was upgraded and removes what came new, also when no archive has the old version" {
	local pass

	for pass in rebuilt archive; do
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
		[ "$(way prod-web1 | grep -c "1 rebuilt" || :)" = "$([ "$pass" = archive ] && echo 0 || echo 1)" ]
		run_cli 0 verify
		rm -rf state
	done
}

# bats test_tags=long
@test "a wave whose tests fail goes back, the one before it stays" {
	begin production:prod-web1,prod-web2
	keys "way-back: downgrade" "on-failure: revert-wave" "wave-tests: [whole]"
	printf '  - {name: whole, command: [/bin/sh, -c, "echo run >>runs; test $(wc -l <runs) -ne 2 || { echo two is too much; exit 1; }"]}\n' >>patchline.yaml
	offer lab-hello 1.1
	run_cli 0 deployed 2.1 --to production
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" done
	has "$(verdict prod-web2)" reverted "test: whole" "taken back by downgrade"
	run_cli 0 show rollout-1 --json
	answers '[.hosts[] | .failure]' '[null,"test"]'
	is_at prod-web1 lab-hello 1.1
	is_at prod-web2 lab-hello 1.0
	[ "$(board production .status)" = mixed ]
	run_cli 0 evidence production --json
	[ "$(jq -c '[.tests[] | .outcome] | sort' <<<"$output")" = '["failed","passed"]' ]

	run_cli 0 lift production --reason "a flaky suite"
	run_cli 0 promote 2.2 --to production
	is_at prod-web2 lab-hello 1.1
	[ "$(board production .status)" = clean ]
}

# bats test_tags=long
@test "with revert-all every wave goes back, and the environment is what it was" {
	begin production:prod-web1,prod-web2
	provided btrfs
	keys "$health" "patience: 2s" "on-failure: revert-all"
	offer lab-hello 1.1
	failing prod-web2
	run_cli 0 deployed 2.1 --to production
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" reverted "wave 2 went back: prod-web2: verify" "taken back by snapshot"
	has "$(verdict prod-web2)" reverted "verify: health"
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.0
	[ "$(board production '.status + " " + (.set | tostring)')" = "clean null" ]
	[ "$(board production .held_by)" = root ]
}

# bats test_tags=long
@test "a rollout that is killed while its waves go back brings them back, and begins nothing" {
	begin production:prod-web1,prod-web2
	provided btrfs
	keys "on-failure: revert-all" "wave-tests: [whole]"
	printf '  - {name: whole, command: [/bin/sh, -c, "echo run >>runs; test $(wc -l <runs) -ne 2"]}\n' >>patchline.yaml
	offer lab-hello 1.1
	run_cli 0 deployed 2.1 --to production
	run_cli 0 sync
	freeze
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	FIRST=$!
	wait_until reverting rollout-1
	wait_until is_down prod-web2 # it stands still while its disks are exchanged: nobody can ask it
	kill -KILL "$FIRST"
	wait "$FIRST" || :
	has "$(board production .held_reason)" "wave 2 went back: test: whole"
	run_cli 1 resume --json
	has "$output" "2 hosts went back, 'production' is held"
	has "$(verdict prod-web1)" reverted "wave 2 went back: test: whole" "taken back by snapshot"
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.0
	[ "$(board production '.status + " " + (.set | tostring)')" = "clean null" ]
	run_cli 3 promote 2.2 --to production
}

@test "a rollback by hand undoes the last rollout, later waves first, and can be done once" {
	begin production:prod-web1,prod-web2
	provided btrfs
	offer lab-hello 1.1
	run_cli 0 deployed 2.1 --to production
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	run_cli 0 rollback production --dry-run --json
	fits rollback
	answers '[.[] | [.rollout, .wave, .host, (.way_back | sub("-[0-9a-f]{8}$"; ""))]]' \
		'[["rollout-1",1,"prod-web2","snapshot rollout-1"],["rollout-1",2,"prod-web1","snapshot rollout-1"]]'
	is_at prod-web1 lab-hello 1.1
	run_cli 0 rollback production --json
	fits rollback
	answers '[.is_complete, .hosts.reverted]' '[true,2]'
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.0
	on prod-web2 systemctl is-active nginx
	run_cli 0 show rollout-2 --json
	fits show
	answers '[.direction, .undoes, .state]' '["back","rollout-1","done"]'
	[ "$(board production '.status + " " + (.set | tostring)')" = "clean null" ]
	run_cli 3 rollback production
	has "$stderr" "no rollout has changed anything in 'production' that is still changed"
	run_cli 3 promote 2.2 --to production
	run_cli 0 lift production --reason "seen"

	# Code that was deployed since is not taken back: the same set again, then a release, then downgrades.
	run_cli 0 promote 2.2 --to production
	run_cli 0 deployed 2.2 --to production
	run_cli 0 rollback production --dry-run --json
	answers '[.[] | .way_back] | unique' '["downgrade of 1 package"]' ||
		answers '[.[] | .problem | test("has older code than runs now")] | unique' '[true]'
}

# bats test_tags=long
@test "a rollback whose program is killed goes on, and does nothing twice" {
	begin production:prod-web1,prod-web2
	keys "way-back: downgrade"
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	"$PATCHLINE" rollback production >first 2>&1 3>&- &
	FIRST=$!
	wait_until reverting rollout-2
	kill -KILL "$FIRST"
	wait "$FIRST" || :
	run_cli 3 promote 2.2 --to production
	run_cli 0 resume --json
	has "$output" "2 went back"
	is_at prod-web1 lab-hello 1.0
	is_at prod-web2 lab-hello 1.0
	[ "$(on prod-web1 "grep -c ' upgrade lab-hello:all 1.1 1.0' /var/log/dpkg.log")" = 1 ]
	[ "$(on prod-web2 "grep -c ' upgrade lab-hello:all 1.1 1.0' /var/log/dpkg.log")" = 1 ]
	[ "$("$PATCHLINE" show rollout-2 --json | jq -r .state)" = done ]
	run_cli 0 verify
}

# reverting ROLLOUT: a host of it goes back.
reverting() {
	"$PATCHLINE" show "$1" --json 2>/dev/null | jq -e '[.steps[] | select(.step == "revert")] | length >= 1' >/dev/null
}

is_down() { ! on "$1" true 2>/dev/null; }

# bats test_tags=long
@test "what fails on the way back is shown, and nothing else happens by itself" {
	begin production:prod-web1
	keys "way-back: downgrade" "on-failure: revert-all" "patience: 2s" 'health: ["test ! -e /etc/lab-fails"]'
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 0 promote 2.2 --to production
	failing prod-web1
	run_cli 1 rollback production
	has "$(verdict prod-web1)" unwell "taken back by downgrade, but not well: health"
	is_at prod-web1 lab-hello 1.0
	run_cli 0 show rollout-2 --json
	answers '[.state, .direction]' '["stopped","back"]'
	[ "$(board production .status)" = mixed ]
	on prod-web1 rm /etc/lab-fails
	run_cli 0 rollback production
	[ "$(last_rollout)" = rollout-2 ]
	has "$(verdict prod-web1)" reverted
	[ "$(on prod-web1 "grep -c ' upgrade lab-hello:all 1.1 1.0' /var/log/dpkg.log")" = 1 ]
}

@test "a host without a way back is not touched, unless a person says so with a reason" {
	begin production:prod-web1
	provided capture
	keys "way-back: snapshot"
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	run_cli 1 promote 2.2 --to production
	has "$(verdict prod-web1)" failed "no way back: " "--without-way-back REASON"
	is_at prod-web1 lab-hello 1.0
	run_cli 0 promote 2.2 --to production --without-way-back "it is thrown away"
	is_at prod-web1 lab-hello 1.1
	[ "$(way prod-web1)" = "none: waived by root: it is thrown away" ]
	has "$("$PATCHLINE" log --limit 0 --json | jq -c '.[] | select(.kind == "host.way-back")')" "it is thrown away"
	run_cli 3 rollback production
	has "$stderr" "prod-web1: it went without one: it is thrown away"
}
