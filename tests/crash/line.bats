#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Commands of the line killed at each of their commits: running them again ends as if nothing had happened.
# CRASH and LIBCRASH come from Meson.

load ../cli/helper

# What is to be the same in the end: which pair each environment runs. Sound: the record's chain and the database.
write_check() {
	cat >check <<-'SH'
		"$PATCHLINE" verify >/dev/null || exit 1
		"$PATCHLINE" status --json | jq -c '[.environments[] | [.environment, .release, .status]]' >now
		cmp now wanted
	SH
	chmod +x check
}

@test "deployed, killed at each commit and told again" {
	write_check
	echo '[["development","2.1","clean"],["qa",null,"unknown"]]' >wanted
	run "$CRASH/run" --begin 'rm -rf state' --resume '"$PATCHLINE" deployed 2.1 --to development' \
		--check 'sh ./check' -- "$PATCHLINE" deployed 2.1 --to development
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued" "killed after 1, and continued"
}

@test "the harness finds what is not as it should be" {
	write_check
	echo '[["development","2.2","clean"],["qa",null,"unknown"]]' >wanted
	run "$CRASH/run" --begin 'rm -rf state' --resume '"$PATCHLINE" deployed 2.1 --to development' \
		--check 'sh ./check' -- "$PATCHLINE" deployed 2.1 --to development
	[ "$status" = 1 ]
	has "$output" "not ok 1"
}
