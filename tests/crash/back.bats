#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What leads back, killed: ways back while they are sealed or dropped, and a rollback by hand at each of its commits. The hosts are not
# there (tests/bench/sim_host.c). CRASH, LIBCRASH and SIM_HOST come from Meson.

load ../cli/helper
load ../cli/archive
load ../cli/simulated

@test "rollback, killed at each commit: it is said to be undone when it is being undone, and not before" {
	fleet "wave: 1, on-failure: stop" h1 h2
	touch hosts/h2/fail-apply
	run_cli 1 promote 1.0 --to sim
	rm hosts/h2/fail-apply
	mkdir kept
	cp -a state hosts kept/
	cat >whole <<-'SH'
		set -e
		held=$("$PATCHLINE" status --json | jq -c '.environments[0].held_reason != null')
		"$PATCHLINE" rollouts --json | jq -e --argjson held "$held" '
			$held == (length == 2) and $held == (.[-1].state == "cancelled")'
	SH
	cat >resume <<-'SH'
		bash ./whole || exit 1
		"$PATCHLINE" rollouts --json | jq -e 'length == 2 and .[0].state == "done"' || "$PATCHLINE" rollback sim
	SH
	cat >check <<-'SH'
		set -e
		bash ./whole
		"$PATCHLINE" show rollout-2 --json | jq -e '.state == "done" and ([.hosts[].verdict] | unique == ["reverted"])'
		[ "$("$PATCHLINE" show sim --json | jq -c .owed)" = '[]' ]
		"$PATCHLINE" verify
	SH
	run "$CRASH/run" --when after --begin 'rm -rf state hosts && cp -a kept/state kept/hosts .' --resume 'bash ./resume' \
		--check 'bash ./check' -- "$PATCHLINE" rollback sim
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed after 1, and continued" "nothing to kill after"
}

@test "a way back that could not be sealed whole was never sealed" {
	local point

	fleet "wave: 1" h1
	mkdir kept
	cp -a state hosts kept/
	# Once the rollout is there nothing can be signed any more: its ways back are sealed next.
	cat >cut <<-SH
		[ ! -e "$PWD/was-cut" ] || exit 0
		python3 - "$PWD/state/patchline.db" <<-'PY' || exit 0
			import sqlite3, sys
			sys.exit(not sqlite3.connect(sys.argv[1], timeout=10).execute("SELECT COUNT(*) FROM rollout").fetchone()[0])
		PY
		touch "$PWD/was-cut"
		mv "$PWD/state/gnupg/private-keys-v1.d" "$PWD/keys"
	SH
	for ((point = 1; point < 20; point++)); do
		rm -rf state hosts
		cp -a kept/state kept/hosts .
		PATCHLINE_CUT="sh $PWD/cut" PATCHLINE_CRASH=cut:$point LD_PRELOAD=$LIBCRASH "$PATCHLINE" promote 1.0 --to sim \
			>first 2>&1 || :
		[ ! -e was-cut ] || break
	done
	[ -e was-cut ]
	grep -q "publishing debian-12-amd64 of set" first
	rm -rf state/gnupg/private-keys-v1.d
	mv keys state/gnupg/private-keys-v1.d
	[ "$(ls state/sets | wc -l)" -le 2 ] # the set, and what of the way back has no manifest
	run_cli 0 verify
	run_cli 0 promote 1.0 --to sim
	[ "$(board status)" = clean ]
	run_cli 0 verify
}

@test "a snapshot is dropped while nobody can begin to go back to it" {
	fleet "wave: 1" h1
	python3 - "$PWD" "$BATS_TEST_DIRNAME/../cli/copies" <<-'PY'
		import sys
		here, copies = sys.argv[1:]
		text = open("patchline.yaml").read().replace("wave: 1", "way-back: snapshot")
		text = text.replace("environments:", "providers:\n  - name: copies\n    command: [%s]\n"
		    "    options: {folder: %s/copies, forgetting: 'sh %s/forgetting'}\nenvironments:" % (copies, here, here), 1)
		text = text.replace("- name: sim", "- name: sim\n    clone: {provider: copies}", 1)
		open("patchline.yaml", "w").write(text)
	PY
	cat >forgetting <<-SH
		python3 - "$PWD/state/patchline.db" >>"$PWD/leases" <<-'PY'
			import sqlite3, sys
			print(sqlite3.connect(sys.argv[1], timeout=10).execute("SELECT name FROM lease").fetchall())
		PY
	SH
	run_cli 0 promote 1.0 --to sim
	run_cli 0 freeze 1.1
	: >leases # what the provider was asked before
	run_cli 0 promote 1.1 --to sim
	run_cli 0 show rollout-1
	has "$output" "snapshot rollout-1-$(installation), forgotten"
	[ "$(sort -u leases)" = "[('sim',)]" ]
}
