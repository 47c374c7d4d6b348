#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# inventory.sh, precheck.sh, verify.sh and apply.sh on this machine: they read it and change nothing.

bats_require_minimum_version 1.5.0
load host

# order LINE... - an order with these lines.
order() {
	printf 'order 1\nset %064d\nplatform debian-12-amd64\npatience %d\n' 1 "${PATIENCE:-1}"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'end yes\n'
}

version() {
	dpkg-query -W -f '${Version}' "$1"
}

native() {
	dpkg --print-architecture
}

@test "an inventory has its facts first and its end last" {
	run program inventory 'echo shop 2.1; echo built; exit 3'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "Format: patchline-inventory 1" ]
	[ "${lines[-1]}" = "End: yes" ]
	grep -qx "Boot-Id: $(cat /proc/sys/kernel/random/boot_id)" <<<"$output"
	grep -qx 'Release-Status: 3' <<<"$output"
	grep -A 2 -x 'Release:' <<<"$output" | grep -qx ' built'
}

@test "every installed package is in the state, with its mark" {
	program inventory >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '^Package: ' "$BATS_TEST_TMPDIR/out")" -eq \
		"$(dpkg-query -W -f '${db:Status-Status}\n' | grep -vcE '^(not-installed|config-files)$')" ]
	[ "$(grep -c '^Auto: yes$' "$BATS_TEST_TMPDIR/out")" -eq "$(apt-mark showauto | wc -l)" ]
	[ "$(grep -c '^Status: hold ' "$BATS_TEST_TMPDIR/out")" -eq "$(apt-mark showhold | wc -l)" ]
}

@test "a process on a deleted library is found, with what it runs" {
	mkdir -p "$HOME/.cache"
	place=$(mktemp -d "$HOME/.cache/patchline-test.XXXXXX")
	cp "$(command -v sleep)" "$place/sleeper"
	"$place/sleeper" 20 3>&- &
	sleeper=$!
	until [ "$(readlink /proc/$sleeper/exe)" = "$place/sleeper" ]; do sleep 0.05; done
	rm -r "$place"
	found=$(program inventory | grep " $sleeper $place/sleeper\$")
	kill $sleeper
	[ -n "$found" ]
}

@test "a precheck tells everything at once" {
	run program precheck 1000000000 < <(order "upgrade dash $(native) 0.1 0.2" \
		"new dash-nonexistent all - 1" "keep dpkg $(native) 0.1 0.1")
	[ "$status" -eq 0 ]
	grep -qx ' dash:'"$(native)"" is $(version dash) here; the plan was made for 0.1" <<<"$output"
	grep -q "dpkg:$(native) is $(version dpkg) here; the plan was made for 0.1" <<<"$output"
	run ! grep -q dash-nonexistent <<<"$output"
	program precheck 1000000000 < <(order) >"$BATS_TEST_TMPDIR/out"
	grep -qx 'Finding: clock' "$BATS_TEST_TMPDIR/out"
	grep -qx 'Finding: staged' "$BATS_TEST_TMPDIR/out"
	grep -qx 'Findings-End: yes' "$BATS_TEST_TMPDIR/out"
}

@test "an order that was cut is refused by all" {
	for name in precheck verify apply reboot restart; do
		run program $name 0 <<<"order 1"
		[ "$status" -ne 0 ]
		[[ $output == *"the order did not arrive whole"* ]]
	done
}

@test "verify finds wrong versions and tells the inventory of the moment" {
	run program verify < <(order "upgrade dash $(native) 0.1 0.2" "new dash-nonexistent all - 1" \
		"keep dpkg $(native) $(version dpkg) $(version dpkg)")
	[ "$status" -eq 0 ]
	grep -qx " dash:$(native) should be 0.2, is $(version dash)" <<<"$output"
	grep -qx " dash-nonexistent:$(native) should be 1, is not installed" <<<"$output"
	run ! grep -q 'dpkg:.*should be' <<<"$output"
	[ "$(program verify < <(order) | tail -n 1)" = "End: yes" ]
}

@test "a health command is tried until its time is over" {
	PATIENCE=20
	run program verify < <(order 'health echo once >>'"$BATS_TEST_TMPDIR"'/tries; test "$(wc -l <'"$BATS_TEST_TMPDIR"'/tries)" -ge 2')
	run ! grep -q 'Finding: health' <<<"$output"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/tries")" -eq 2 ]
	PATIENCE=1
	run program verify < <(order 'health echo no such luck; exit 7')
	grep -q "ended with 7: no such luck" <<<"$output"
}

@test "what runs on a replaced file and belongs to no service is told, and not touched" {
	mkdir -p "$HOME/.cache"
	place=$(mktemp -d "$HOME/.cache/patchline-test.XXXXXX")
	cp "$(command -v sleep)" "$place/sleeper"
	setsid "$place/sleeper" 20 3>&- &
	sleeper=$!
	until [ "$(readlink /proc/$sleeper/exe)" = "$place/sleeper" ]; do sleep 0.05; done
	rm -r "$place"
	program verify < <(order 'restart auto') >"$BATS_TEST_TMPDIR/out"
	program restart < <(order 'restart never') >"$BATS_TEST_TMPDIR/never"
	kill -0 $sleeper
	kill $sleeper
	grep -A 3 -x 'Finding: effect' "$BATS_TEST_TMPDIR/out" | grep -qx 'Severity: warning'
	grep -q 'still runs on the replaced /' "$BATS_TEST_TMPDIR/out"
	grep -qx 'the order says: restart nothing' "$BATS_TEST_TMPDIR/never"
}

@test "a reboot is due by policy, and a boot that is over is not ended again" {
	asked() { program reboot ask "$2" < <(order "reboot $1") | sed -n 's/^due //p'; }
	[ "$(asked always yes)" = yes ]
	[ "$(asked never yes)" = no ]
	program reboot ask no < <(order) | grep -qx "boot $(cat /proc/sys/kernel/random/boot_id)"
	run program reboot go another-boot < <(order "reboot-command touch $BATS_TEST_TMPDIR/down")
	[ "$output" = "this host has been started again since" ]
	run program reboot go "$(cat /proc/sys/kernel/random/boot_id)" < <(order "reboot-command touch $BATS_TEST_TMPDIR/down")
	[ "$output" = "going down" ]
	until [ -e "$BATS_TEST_TMPDIR/down" ]; do sleep 0.1; done
}

@test "apply has nothing to do where everything is there" {
	run program apply < <(order "upgrade dash $(native) 0.1 $(version dash)")
	[ "$status" -eq 0 ]
	[ "$output" = "everything is installed already" ]
}

@test "apply refuses a set that is not there, before anything is changed" {
	run program apply < <(order "upgrade dash $(native) $(version dash) 99:1")
	[ "$status" -eq 3 ]
	[[ ${lines[-1]} == "refused, nothing was changed: the staged set in "*" cannot be used" ]]
}
