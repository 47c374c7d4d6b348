#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A host that may be at work is left alone; programs that died; environments that are held. On hosts that are not there.

load helper
load archive
load simulated

# Both hosts are in the middle of apply, and somebody no longer waits: cancelled_in_apply ON-FAILURE
cancelled_in_apply() {
	fleet "wave: 2, on-failure: $1, $LOAD" h1 h2
	touch hosts/h1/gate-apply hosts/h2/gate-apply
	drive promote 1.0 --to sim
	wait_until begun h1 apply-1
	wait_until begun h2 apply-1
	run_cli 0 cancel rollout-1 --now
	ends 1
	has "$(cat first)" "not waited for any longer, by $(id -un)"
}

is_left_alone() {
	[ "$(steps h1)" = "rollout-1.hold-updaters-1 rollout-1.apply-1" ]
	[ "$(steps h2)" = "rollout-1.hold-updaters-1 rollout-1.apply-1" ]
	[ "$(grep -c '^in ' load)" = 0 ]
	[ "$(state_of h1 apply)" = '["at-work"]' ]
	[ "$(rollout .state)" = '"cancelled"' ]
	[ "$(verdicts)" = '["failed","failed"]' ]
	[ "$(board status)" = mixed ]
	[ "$(board held_reason)" = null ]
	[ "$(owed)" = "h1 service,h1 updaters,h2 service,h2 updaters" ]
	run_cli 0 status
	has "$output" "h1 is out of service" "h1 has its other updaters held off"
	# No advice that would be refused.
	lacks "$(cat first)$output$(rollout '[.hosts[].reason]')" undrain
	run_cli 3 undrain h1
	run_cli 0 resume
	has "$output" "Nothing was left half-way" "h1 is out of service" "it is asked first: 'patchline promote "
}

# The next program finds the steps ended, and settles what is owed.
is_settled_by_the_next() {
	rm hosts/*/gate-apply
	wait_until ended h1 apply-1
	wait_until ended h2 apply-1
	run_cli 0 promote 1.0 --to sim
	[ "$(board status)" = clean ]
	[ "$(owed)" = "" ]
	[ "$(sort load | uniq -c | awk '{ print $1, $2, $3 }' | paste -sd,)" = "1 in h1,1 in h2,1 out h1,1 out h2" ]
	[ "$(awk '$3 == "change"' hosts/log | wc -l)" = 2 ]
	run_cli 0 verify
}

@test "cancel --now in the middle of apply, on-failure stop: hands off" {
	cancelled_in_apply stop
	is_left_alone
	is_settled_by_the_next
}

@test "cancel --now in the middle of apply, on-failure revert-host: nothing goes back beside it" {
	cancelled_in_apply revert-host
	is_left_alone
	is_settled_by_the_next
}

@test "cancel --now in the middle of apply, on-failure revert-wave: nothing goes back beside it" {
	cancelled_in_apply revert-wave
	is_left_alone
	is_settled_by_the_next
}

@test "cancel --now in the middle of apply, on-failure revert-all: nothing goes back beside it" {
	cancelled_in_apply revert-all
	is_left_alone
	is_settled_by_the_next
}

@test "a step whose time is over is followed by no other while it may still run" {
	fleet "on-failure: revert-host, step-timeout: 3s, $LOAD" h1
	touch hosts/h1/gate-apply
	run_cli 1 promote 1.0 --to sim
	has "$stderr" "no end of it within 3s"
	[ "$(steps h1)" = "rollout-1.hold-updaters-1 rollout-1.apply-1" ]
	[ "$(state_of h1 apply)" = '["at-work"]' ]
	[ "$(owed)" = "h1 service,h1 updaters" ]
	rm hosts/h1/gate-apply
	wait_until ended h1 apply-1
	run_cli 0 retry rollout-1
	[ "$(board status)" = clean ]
	[ "$(owed)" = "" ]
	[ "$(awk '$3 == "change"' hosts/log | wc -l)" = 1 ]
}

@test "a wave goes back but for the host that may be at work: that follows once its step has ended" {
	fleet "wave: 2, on-failure: revert-wave, step-timeout: 3s, $LOAD" h1 h2
	touch hosts/h1/gate-apply
	run_cli 1 promote 1.0 --to sim
	has "$stderr" "wave 1 went back: h1: apply: no end of it within 3s"
	[ "$(steps h1)" = "rollout-1.hold-updaters-1 rollout-1.apply-1" ]
	[ "$(verdicts)" = '["failed","reverted"]' ]
	[ "$(owed)" = "h1 service,h1 updaters,h1 way-back" ]
	run_cli 0 status --json
	fits status
	[ "$(jq -c '[.owed[].at_work] | unique' <<<"$output")" = '["apply of rollout-1"]' ]
	run_cli 0 status
	has "$output" "h1 is to go back to what it was" "it may still be at apply of rollout-1, and is left alone until that has ended"
	run_cli 0 show h1 --json
	fits show
	run_cli 3 undrain h1
	has "$stderr" "'h1' may still be at apply of rollout-1"
	run_cli 0 why h1
	has "$output" "it may still be at apply of rollout-1"
	rm hosts/h1/gate-apply
	wait_until ended h1 apply-1
	run_cli 1 resume rollout-1
	[ "$(verdicts)" = '["reverted","reverted"]' ]
	[ "$(owed)" = "" ]
	[ "$(board held_reason | grep -c 'wave 1 went back')" = 1 ]
	[ "$(awk '$3 == "change" { sub(/.*[.]/, "", $4); print $2, $4 }' hosts/log | sort | paste -sd,)" = \
		"h1 apply-1,h1 revert-2,h2 apply-1,h2 revert-2" ]
	run_cli 0 verify
}

@test "after a kill hosts go back wave by wave, the last first" {
	fleet "wave: 1, on-failure: revert-all" h1 h2 h3 h4
	touch hosts/h4/fail-apply hosts/h3/gate-revert
	drive promote 1.0 --to sim
	wait_until begun h3 revert-2
	killed
	rm hosts/h3/gate-revert
	wait_until ended h3 revert-2
	run_cli 1 resume
	[ "$(grep -o 'wave [0-9]: 1 host ' <<<"$stderr" | paste -sd,)" = "wave 3: 1 host ,wave 2: 1 host ,wave 1: 1 host " ]
	[ "$(awk '$4 ~ /[.]revert-[0-9]$/ && $3 == "change" { print $2 }' hosts/log | paste -sd ' ')" = "h4 h3 h2 h1" ]
	[ "$(verdicts)" = '["reverted","reverted","reverted","reverted"]' ]
	[ "$(owed)" = "" ]
	run_cli 0 verify
}

@test "held by hand, and then its program dies: nobody is stranded, and what was done is told" {
	fleet "wave: 2, $LOAD" h1 h2 h3
	touch hosts/h1/gate-apply blocked-h2
	drive promote 1.0 --to sim
	wait_until begun h1 apply-1
	wait_until drained h2
	run_cli 0 hold sim --reason 'the shop is slow'
	killed
	rm hosts/h1/gate-apply blocked-h2
	wait_until ended h1 apply-1
	run_cli 1 resume
	has "$output" "held: the shop is slow; load is back on h2; left out of service: h1"
	has "$stderr" "h1 " "left out of service"
	[ "$(rollout .state)" = '"stopped"' ]
	[ "$(rollout '[.hosts[] | select(.verdict == "running")]')" = '[]' ]
	[ "$(rollout '[.hosts[1,2].verdict]')" = '["waiting","waiting"]' ]
	[ "$(owed)" = "h1 service" ]
	[ "$(grep -c '^in h2' load)" = 1 ]
	[ "$(steps h3)" = "" ]
	run_cli 0 lift sim --reason 'it is fast again'
	run_cli 0 retry rollout-1
	[ "$(owed)" = "" ]
	[ "$(board status)" = clean ]
	run_cli 0 verify
}

@test "a second state directory never takes what the first left on a host for its own" {
	fleet "wave: 1" h1
	touch hosts/h1/fail-apply
	run_cli 1 promote 1.0 --to sim
	mv state first
	rm hosts/h1/fail-apply hosts/h1/packages* # as if nothing had been changed
	run_cli 0 sync
	run_cli 0 scan
	run_cli 0 freeze 1.0
	run_cli 0 promote 1.0 --to sim
	[ "$(rollout .id)" = '"rollout-1"' ]
	[ "$(awk '$3 == "step" && $4 ~ /[.]apply-1$/ { print $4 }' hosts/log | sort -u | wc -l)" = 2 ]
	[ "$(rollout .known_as)" = "\"rollout-1-$(installation)\"" ]
}

# advised: the commands that the text names, a line each.
advised() { grep -o "'patchline [^']*'" <<<"$1" | tr -d "'"; }

# obey STATUS COMMAND: what was advised.
obey() {
	local words

	read -ra words <<<"${2/TEXT/mended}"
	run_cli "$1" "${words[@]:1}"
}

@test "mended in the configuration: every message says how to begin anew, and that begins by what stands there now" {
	fleet "wave: 1, failure-budget: 0" h1 h2 h3
	touch hosts/h2/fail-apply
	run_cli 1 promote 1.0 --to sim
	has "$stderr" "'patchline retry rollout-1' does what is left"
	lacks "$stderr" "anew"
	sed -i 's/wave: 1/wave: 3, services: [cron]/' patchline.yaml
	rm hosts/h2/fail-apply
	touch hosts/h3/fail-apply
	run_cli 1 retry rollout-1
	has "$stderr" "'patchline retry rollout-1' does what is left as it began" "patchline.yaml says otherwise by now (web: wave, services)"
	run_cli 0 why h3
	has "$output" "says otherwise by now (web: wave, services)"
	run_cli 0 status
	anew=$(advised "$output" | grep -m1 -e --anew)
	rm hosts/h3/fail-apply
	run_cli 0 promote 1.0 --to sim --anew --dry-run
	obey 0 "$anew"
	[ "$(board status)" = clean ]
	[ "$(rollout .state)" = '"cancelled"' ]
	[ "$(ROLLOUT=rollout-2 rollout '[.hosts[] | .verdict] | unique')" = '["nothing-to-do"]' ] # a failed apply changed h3 here
	[ "$(ROLLOUT=rollout-2 rollout '[.hosts[] | .wave] | unique')" = '[1]' ]
	[ "$(awk '$3 == "change" { print $2 }' hosts/log | sort | uniq -c | awk '{ print $2, $1 }' | paste -sd,)" = "h1 1,h2 1,h3 1" ]
	[ "$(owed)" = "" ]
	run_cli 0 verify
}

@test "begun anew while the first is killed in the middle: the host is asked what came of its step" {
	fleet "wave: 1, $LOAD" h1 h2
	touch hosts/h1/gate-apply
	drive promote 1.0 --to sim
	wait_until begun h1 apply-1
	killed
	sed -i 's/wave: 1/wave: 2/' patchline.yaml
	run_cli 0 status
	has "$output" "'patchline resume rollout-1' does what is left as it began" "(web: wave)"
	rm hosts/h1/gate-apply
	obey 0 "$(advised "$output" | grep -m1 -e --anew)"
	[ "$(state_of h1 apply)" = '["done"]' ]
	[ "$(awk '$3 == "change"' hosts/log | wc -l)" = 2 ]
	[ "$(board status)" = clean ]
	[ "$(owed)" = "" ]
	run_cli 0 verify
}

@test "nothing is advised that would be refused: held, waiting for a gate, ended" {
	fleet "wave: 1, on-failure: revert-host" h1 h2
	touch hosts/h1/fail-apply
	run_cli 1 promote 1.0 --to sim
	lift=$(advised "$stderr" | grep -m1 lift)
	retry=$(advised "$stderr" | grep -m1 retry)
	[ "$(advised "$stderr" | tail -n 2)" = "$lift"$'\n'"$retry" ]
	rm hosts/h1/fail-apply
	obey 0 "$lift"
	obey 0 "$retry"
	[ "$(board status)" = clean ]

	# Its place before in the line was never there: the gate of it would refuse.
	python3 - <<-'PY'
		text = open("patchline.yaml").read()
		open("patchline.yaml", "w").write(text.replace("environments:", "environments:\n  - name: before\n"
		    "    groups: [{name: web, hosts: [b1]}]\n    gate: {approvals: 1}"))
	PY
	mkdir hosts/b1
	run_cli 3 promote 1.0 --to sim
	[ "$(advised "$stderr" | grep -c 'promote.*sim')" = 0 ]
}

@test "a rollback goes by what the configuration says now, not by what the rollout began with" {
	fleet "step-timeout: 2s" h1
	run_cli 0 promote 1.0 --to sim
	sed -i 's/step-timeout: 2s/step-timeout: 60s/' patchline.yaml
	touch hosts/h1/gate-revert
	drive rollback sim --yes
	wait_until grep -q ' h1 step rollout-2-[0-9a-f]*[.]revert-1 ' hosts/log
	sleep 3
	rm hosts/h1/gate-revert
	ends 0
	[ "$(ROLLOUT=rollout-2 rollout '[.hosts[].verdict]')" = '["reverted"]' ]
}

@test "back, but not well, is a verdict of its own: nothing is taken back twice, and it is looked at again" {
	fleet "wave: 2, $LOAD" h1 h2
	run_cli 0 promote 1.0 --to sim
	touch hosts/h1/fail-verify
	run_cli 1 rollback sim --yes --json
	fits rollback
	has "$stderr" "1 of 2 hosts are back, but not well" "'patchline show rollout-2'"
	ROLLOUT=rollout-2
	[ "$(rollout '[.hosts[].verdict] | sort')" = '["reverted","unwell"]' ]
	[ "$(state_of h1 revert)" = '["unwell"]' ]
	has "$(rollout '.hosts[] | select(.host == "h1").reason')" "taken back by downgrade, but not well: health: it is not well"
	run_cli 0 show rollout-2 --json
	fits show
	[ "$(owed)" = "h1 service" ]
	[ "$(awk '$3 == "change" { print $2 }' hosts/log | sort | paste -sd,)" = h1,h1,h2,h2 ]
	rm hosts/h1/fail-verify
	run_cli 0 rollback sim --yes
	[ "$(verdicts)" = '["reverted","reverted"]' ]
	[ "$(owed)" = "" ]
	[ "$(awk '$3 == "change"' hosts/log | wc -l)" = 4 ]
	run_cli 0 verify
}

@test "back by itself, but not well: the environment is held as for any that went back" {
	fleet "wave: 1, on-failure: revert-host" h1 h2
	touch hosts/h1/fail-verify
	run_cli 1 promote 1.0 --to sim
	[ "$(verdicts)" = '["unwell","waiting"]' ]
	has "$stderr" "is held, 1 hosts went back"
	has "$(board held_reason)" "h1 went back"
	[ "$(owed)" = "" ]
	rm hosts/h1/fail-verify
	run_cli 0 lift sim --reason mended
	run_cli 0 retry rollout-1
	[ "$(board status)" = clean ]
}

@test "a login shell that ends before apply begins: told by its words, the host counts as not changed, and nothing goes back" {
	fleet "wave: 1, on-failure: revert-host" h1
	printf '#!/bin/sh\ncase $3 in *apply-1*) echo closed for repairs; exit 1 ;; esac\nexec "$SIM_HOST" "$@"\n' >door
	chmod +x door
	sed -i "s|^ssh: .*|ssh: {command: [$PWD/door, $PWD/hosts, \"{host}\"]}|" patchline.yaml
	run_cli 1 promote 1.0 --to sim
	[ "$(state_of h1 apply)" = '["refused"]' ]
	has "$(rollout '.hosts[0].reason')" "the login shell of 'root', or a command forced on it, ended with 1" "closed for repairs"
	[ "$(verdicts)" = '["failed"]' ]
	[ "$(awk '$3 == "change"' hosts/log | wc -l)" = 0 ]
}
