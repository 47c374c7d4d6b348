#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What was tried on a clone is approved, and enters the original as long as that is as it was.

load helper
load archive
load fleet
load tried

@test "what was approved enters the original, and is proved equal" {
	rehearse 0
	run_cli 0 approve production/clone-1 --comment "looked at it" --json
	fits approve
	run_cli 2 promote production/clone-1
	run_cli 2 promote production --patch-original
	run_cli 0 promote production/clone-1 --patch-original --dry-run --json
	fits promote
	run_cli 0 promote production/clone-1 --patch-original --json
	fits promote
	[ "$(jq -c '[.is_complete, .equality.verdict, .equality.equal_hosts]' <<<"$output")" = '[true,"equal",1]' ]
	run_cli 0 log --subject production/clone-1 --json
	has "$output" entry.equal clone.entered clone.approved
	run_cli 0 show production --json
	[ "$(jq -r '.set' <<<"$output")" = "$SET" ]
}

@test "an approval is stale once a named file of the original has changed" {
	rehearse 0
	run_cli 0 approve production/clone-1
	echo changed >named
	run_cli 3 promote production/clone-1 --patch-original --dry-run
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "prod-web1" "$PWD/named" "rehearse it anew"
	run_cli 0 log --subject production/clone-1 --json
	has "$output" clone.stale
}

@test "an approval is stale once another release runs in the original" {
	rehearse 0
	run_cli 0 approve production/clone-1
	run_cli 0 deployed 2.2 --to production
	run_cli 3 promote production/clone-1 --patch-original
	has "$stderr" "2.1" "2.2"
}

@test "a test that fails leaves the clone up, with logs and output" {
	touch broken
	rehearse 1
	[ "$(jq -r .state <<<"$output")" = failed ]
	has "$stderr" "test 'smoke' failed" "patchline enter production/clone-1" "patchline evidence production/clone-1"
	[ -s "$(jq -r .logs <<<"$output")/prod-web1.log" ]
	run_cli 3 promote production/clone-1 --patch-original
	rm broken
	sleep 1.1 # of two results at one moment the worse counts
	run_cli 0 test production/clone-1 --json
	fits test
	run_cli 0 approve production/clone-1
	run_cli 0 promote production/clone-1 --patch-original
	has "$output" "Proof of equality: 1 of 1 hosts"
}

@test "of hosts whose test failed, those of every group keep their logs" {
	sed -i "s|^    groups:|&\n      - {name: db, hosts: [{name: prod-db1, address: 127.0.0.1, port: $(cat "$BATS_FILE_TMPDIR/port")}]}|" patchline.yaml
	sed -i "s|hosts: \[{name: prod-web1\(.*\)}\]$|hosts: [{name: prod-web1\1}, {name: prod-web2\1}]|" patchline.yaml
	run_cli 0 scan
	touch broken
	rehearse 1
	(cd "$(jq -r .logs <<<"$output")" && ls) >kept
	[ "$(xargs <kept)" = "prod-db1.log prod-web1.log prod-web2.log" ]
}

@test "each stage by hand does the same" {
	run_cli 0 clone production
	run_cli 0 promote "$(jq -r .candidate freeze.json)" --to production/clone-1
	run_cli 0 test production/clone-1
	run_cli 0 approve "$(jq -r .candidate freeze.json)" --in production/clone-1
	run_cli 0 promote production/clone-1 --patch-original --json
	[ "$(jq -r .equality.verdict <<<"$output")" = equal ]
}
