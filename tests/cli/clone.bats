#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Clones as they are made: what is asked first, what runs in which order, what stops them.

load helper
load fleet
load production

@test "an environment is cloned, shown, and removed whole" {
	run_cli 0 deployed 2.2 --to production
	run_cli 0 clone production --json
	fits clone
	[ "$(jq -r '"\(.clone) \(.state) \(.coverage | length)"' <<<"$output")" = "production/clone-1 running 2" ]
	run_cli 0 show production/clone-1 --json
	[ -f "copies/$(jq -r .known_as <<<"$output")" ]

	run_cli 0 clones --json
	fits clones
	[ "$(jq -r '.[] | "\(.name) \(.state) \(.release) \(.is_expired)"' <<<"$output")" = "production/clone-1 running 2.2 false" ]
	run_cli 0 show production/clone-1 --json
	fits show
	[ "$(jq -r '"\(.status) \(.release) \(.hosts | length) \(.fingerprint | length)"' <<<"$output")" = "clean 2.2 2 64" ]
	[ "$(jq -r '.original.hosts[] | select(.name == "prod-web1").files[].path' <<<"$output")" = "$PWD/named/a" ]
	[ "$(jq -r '[.hosts[] | .state == .original_state] | all' <<<"$output")" = true ]
	[ "$(jq -r '[.journal[].action] | join(" ")' <<<"$output")" = "clone start wait prove" ]
	run_cli 0 show production/clone-1
	has "$output" "WHAT WAS COPIED" "copied" "expires      in 47h"

	run_cli 2 clone remove production/clone-1
	has "$stderr" "--yes"
	run_cli 0 clone remove production/clone-1 --yes --json
	fits clone-remove
	[ "$(jq -r '.[].is_removed' <<<"$output")" = true ]
	[ -z "$(ls copies state/clones | grep production)" ]
	run_cli 0 clones
	has "$output" "There are no clones"
	run_cli 0 clones --all
	has "$output" production/clone-1 removed
	run_cli 0 show production/clone-1 --json
	fits show
	[ "$(jq -r .state <<<"$output")" = removed ]
	run_cli 0 clone remove production/clone-1 --yes
	run_cli 0 hosts production
	lacks "$output" clone
}

@test "a clone that is removed with an older file takes nobody along but its own hosts" {
	run_cli 0 clone production
	sed 's|hosts: \[{name: prod-web1|hosts: [{name: prod-web2, address: 127.0.0.1, port: 1}, {name: prod-web1|' \
		patchline.yaml >newer.yaml
	run_cli 1 --config newer.yaml scan
	has "$stderr" "prod-web2"
	run_cli 0 clone remove production/clone-1 --yes
	run_cli 0 log --json
	gone=$(jq -r '[.[] | select(.kind == "host.gone").subject_id] | sort | join(" ")' <<<"$output")
	[ "$gone" = "production/clone-1/prod-db1 production/clone-1/prod-web1" ]
}

@test "a dry run tells what a copy would not hold, and copies nothing" {
	OPTIONS=", gap: /mnt/media" write_production
	run_cli 0 clone production --dry-run
	has "$output" /mnt/media "another disk" "Dry run"
	run_cli 0 clone production --dry-run --json
	fits clone
	[ "$(jq -r '[.coverage[] | select(.covered == false).host] | join(" ")' <<<"$output")" = "prod-web1 prod-db1" ]
	[ -z "$(ls copies)" ]
	run_cli 0 clones
	has "$output" "There are no clones"
	run_cli 0 clone production
	has "$stderr" "/mnt/media (volume) is not copied: another disk"
	run_cli 0 show production/clone-1 --json
	[ "$(jq '[.coverage[] | select(.covered == false)] | length' <<<"$output")" = 2 ]
}

@test "personal data without a program that masks them are not copied" {
	PERSONAL=true write_production
	run_cli 2 clone production
	has "$stderr" "'sanitize'" "personal-data"
	[ ! -e copies ]
}

@test "sanitize programs run before the start, with what they are told, and are evidence" {
	PERSONAL=true EXTRA=", sanitize: [mask], quiesce: 'echo ready; cat >/dev/null; echo label 7'"
	write_production
	cat >mask <<-'SH'
		[ "$PATCHLINE_ENVIRONMENT $PATCHLINE_CLONE $PATCHLINE_GROUP" = "production clone-1 db" ] || exit 8
		echo "masked $PATCHLINE_HOST with $(cat)"
	SH
	run_cli 0 clone production
	[ "$(journal production/clone-1)" = "quiesce prod-db1 done
clone  done
sanitize prod-db1 done
sanitized  done
start  done
wait  done
prove  done" ]
	run_cli 0 show production/clone-1 --json
	[ "$(jq -r '.sanitized[] | "\(.host) \(.sha256)"' <<<"$output")" = "prod-db1 $(sha256sum <mask | cut -d' ' -f1)" ]
	[ "$(jq -r '.journal[] | select(.action == "sanitize").output' <<<"$output")" = "masked prod-db1 with label 7" ]
	[ -z "$(find state/clones -name 'quiesced-*')" ]
}

# masked_both [SSH_KEYS]: both hosts of production are masked.
masked_both() {
	EXTRA=", sanitize: [mask]" write_production
	sed -i "s|files: \\[$PWD/named\\]|&, sanitize: [mask]|; s|connect-timeout: 3s|&${1:-}|" patchline.yaml
	mkdir meeting
}

@test "copies are masked side by side" {
	masked_both
	cat >mask <<-SH
		: >$PWD/meeting/\$PATCHLINE_HOST
		for _ in \$(seq 900); do
			[ "\$(ls $PWD/meeting | wc -l)" != 2 ] || exit 0
			sleep 0.1
		done
		echo "nobody came"
		exit 1
	SH
	sed -i 's/timeout: 20s/timeout: 120s/' patchline.yaml
	run_cli 0 clone production
	[ "$(journal production/clone-1 | sort | tr '\n' ' ')" = \
		"clone  done prove  done sanitize prod-db1 done sanitize prod-web1 done sanitized  done start  done wait  done " ]
}

@test "no more copies are masked at once than ssh.parallel says, and after one that failed no other" {
	masked_both ", parallel: 1"
	printf 'echo "$PATCHLINE_HOST" >>%s\nexit 5\n' "$PWD/meeting/hosts" >mask
	run_cli 3 clone production
	has "$stderr" "failed on prod-web1 (exit status 5)"
	[ "$(cat meeting/hosts)" = prod-web1 ]
	run_cli 0 show production/clone-1 --json
	has "$(jq -r .reason <<<"$output")" "failed on prod-web1"
}

@test "a sanitize program that fails leaves a clone that never starts" {
	EXTRA=", sanitize: [mask]" write_production
	printf 'echo no such table\nexit 4\n' >mask
	run_cli 3 clone production
	has "$stderr" "production/clone-1" "exit status 4" "no such table"
	run_cli 0 show production/clone-1 --json
	[ "$(jq -r '"\(.state) \([.journal[].action] | join(" "))"' <<<"$output")" = "making clone sanitize" ]
	has "$(jq -r .reason <<<"$output")" "no such table"
	run_cli 1 clone start production/clone-1
	has "$stderr" "production/clone-1 is making"
	run_cli 0 clone remove production/clone-1 --yes
}

@test "a host that is down is named, and nothing is copied" {
	DB_PORT=1 write_production
	run_cli 3 clone production
	has "$stderr" "prod-db1 cannot be read" "bring it up first"
	run_cli 0 clones
	has "$output" "There are no clones"
}

@test "a quiesce command that prints too much is told, and more hosts than can be held are refused before anything is made" {
	EXTRA=", quiesce: 'echo ready; cat >/dev/null; head -c 1100000 /dev/zero | tr \"\\\\0\" x'" write_production
	run_cli 1 clone production
	has "$stderr" "prod-db1" "quiesce command printed over 1048576 bytes"
	run_cli 0 clone remove production/clone-1 --yes
	EXTRA=", quiesce: 'echo ready'" write_production
	sed -i "s|hosts: \[{name: prod-db1|hosts: [$(printf '{name: d%s, address: 127.0.0.1}, ' $(seq 256)){name: prod-db1|" patchline.yaml
	run_cli 3 clone production
	has "$stderr" "hold 257 hosts of 'production' still at once, and 256 is the most"
	run_cli 0 clones
	has "$output" "There are no clones"
}

@test "a quiesce command that fails is told, and the next clone does not suffer" {
	EXTRA=", quiesce: 'echo no primary >&2; exit 3'" write_production
	run_cli 1 clone production
	has "$stderr" "prod-db1" "quiesce command ended with 3" "no primary"
	run_cli 0 show production/clone-1 --json
	[ "$(jq -r '.journal[] | "\(.action) \(.state)"' <<<"$output")" = "quiesce failed" ]
	EXTRA= write_production
	run_cli 0 clone production
	has "$output" "production/clone-2 is running"
}

@test "a full disk stops the copy, and the clone can be removed" {
	OPTIONS=", fail: clone" write_production
	run_cli 1 clone production
	has "$stderr" "no space for clone"
	run_cli 0 clones --json
	[ "$(jq -r '.[] | "\(.state) \(.reason)"' <<<"$output")" = "making provider 'copies': clone: no space for clone" ]
	OPTIONS= write_production
	run_cli 0 clone remove production/clone-1 --yes
}

@test "a provider that dies is told with its last words" {
	OPTIONS=", die: start" write_production
	run_cli 1 clone production
	has "$stderr" "ended without an answer" "power cut"
	[ "$(journal production/clone-1)" = "clone  done
start  failed" ]
}

@test "an environment without a provider, and a clone, cannot be cloned" {
	sed -i 's/clone: {provider: copies, expires: 2d}/order: code-first/' patchline.yaml
	run_cli 2 clone production
	has "$stderr" "names no provider"
}
