#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# clean killed at each of its commits, and before each file and folder that it takes away: what is in use has its files at that
# moment already, and the next clean takes the rest away. CRASH and LIBCRASH come from Meson.

load ../cli/helper
load ../cli/archive
load ../cli/fleet
load ../cli/kept

setup_file() {
	load ../cli/archive
	load ../cli/fleet
	load ../cli/kept
	kept_make
}

setup() {
	kept_begin
	# The older set, as if it had been frozen long ago: LIBJUMP and LIBCRASH are not loaded together.
	python3 -c 'import sqlite3, sys
with sqlite3.connect("state/patchline.db") as db: db.execute("UPDATE patch_set SET created_at = 0 WHERE digest = ?", sys.argv[1:])' "$OLD"
	mv state kept
	cat >sound <<-'SH'
		"$PATCHLINE" verify --json | jq -e .is_good
	SH
	cat >cleaned <<-SH
		sh ./sound && [ "\$(ls state/sets/$OLD)" = cleaned ] &&
			[ "\$(find state/pool -type f ! -name '*.changelog' | wc -l)" = 2 ] && [ -s state/sets/$NEW/manifest ] &&
			"\$PATCHLINE" show $OLD --json | jq -e '.cleaned_at != null' &&
			[ "\$("\$PATCHLINE" log --subject $OLD | grep -c set.cleaned)" = 1 ]
	SH
}

# killed_at WHEN
killed_at() {
	run "$CRASH/run" --when "$1" --begin 'rm -rf state && cp -a kept state' --resume 'sh ./sound && "$PATCHLINE" clean' \
		--check 'sh ./cleaned' -- "$PATCHLINE" clean
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed $1 1, and continued" "killed $1 2, and continued"
}

@test "clean, killed before each commit" {
	killed_at before
}

@test "clean, killed after each commit" {
	killed_at after
}

@test "clean, killed before each file that goes" {
	killed_at removing
	has "$output" "killed removing 5, and continued"
}
