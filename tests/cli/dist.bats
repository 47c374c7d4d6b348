#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The files that start `patchline due`: systemd and cron understand them, and they name the command rightly.
# DIST is the folder where the build made them, PATCHLINE the program.

bats_require_minimum_version 1.5.0

@test "systemd takes the service and the timer" {
	command -v systemd-analyze >/dev/null || skip "no systemd-analyze here"
	cp "$DIST/patchline-due.timer" "$BATS_TEST_TMPDIR"
	sed "s|^ExecStart=.*/patchline |ExecStart=$PATCHLINE |" "$DIST/patchline-due.service" >"$BATS_TEST_TMPDIR/patchline-due.service"
	run -0 systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/patchline-due.timer" "$BATS_TEST_TMPDIR/patchline-due.service"
	[ -z "$output" ]
	run -0 systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$DIST/patchline-due.timer")"
}

@test "what they start is a command of the program, with the path of the installation" {
	run -0 grep -hoE '/[^ ]*/patchline [a-z-]+' "$DIST/patchline-due.service" "$DIST/patchline"
	[ "${#lines[@]}" = 2 ]
	for line in "${lines[@]}"; do
		[[ $line == /* && $line != *@* ]]
		"$PATCHLINE" "${line#* }" --help >/dev/null
	done
}

@test "the line for cron has a time, a user and a command, and does nothing where systemd runs" {
	run -0 grep -vE '^(#|$|[A-Z]+=)' "$DIST/patchline"
	[ "${#lines[@]}" = 1 ]
	[[ ${lines[0]} =~ ^'*/15 * * * * root [ -d /run/systemd/system ] || '/ ]]
	bash -n <<<"${lines[0]#* * * * * root }"
}
