#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A clone takes the place of its original, and the originals come back: machines are folders with an sshd each.

load helper
load archive
load ../crash/world

setup_file() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	cd "$BATS_FILE_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_FILE_TMPDIR LC_ALL=C.UTF-8
	load archive
	load ../crash/world
	world_rehearse >&2 && world_keep
}

teardown_file() {
	load ../crash/world
	WORLD=$BATS_FILE_TMPDIR/world world_stop
}

# All tests work in one world, which is made anew for each.
setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cd "$BATS_FILE_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_FILE_TMPDIR LC_ALL=C.UTF-8
	world_again
	world_config
	CLONE=$(echo "$WORLD"/clones/production-clone-1-*)
}

# row FILTER: of the clone.
board() {
	run_cli 0 status --json
	jq -r ".environments[0] | $1" <<<"$output"
}

clone_state() {
	python3 -c 'import sqlite3; print(*sqlite3.connect("state/patchline.db").execute("SELECT state FROM clone").fetchone())'
}

# did: the operations that changed machines since the world was made anew.
did() {
	tail -n "+$(($(wc -l <kept/world/log) + 1))" "$WORLD/log" | grep -vE '^(changes|coverage|list) ' | sed 's/prod-//g; s/production-clone-1-[0-9a-f]*/clone/'
}

@test "swap puts the clone into the place of the original, and says how long nothing was served" {
	run_cli 0 promote production/clone-1 --swap --yes --json
	fits promote
	[ "$(world_systems)" = "clone-1 clone-1 clone-1" ]
	[ "$(jq -c '[.is_swapped, .hosts, .is_clean, .remaining, .reason, .tests.failed]' <<<"$output")" = '[true,3,true,"","",0]' ]
	[ "$(jq '.downtime_ms > 0 and .longest_ms >= .downtime_ms' <<<"$output")" = true ] ||
		[ "$(jq '.downtime_ms > 0' <<<"$output")" = true ]
	[ "$(clone_state)" = swapped ]
	[ "$(board .status)" = clean ]
	run_cli 0 log --limit 30 --json
	has "$output" environment.swapped downtime_ms
}

@test "a group with waves goes wave by wave, and is never down with all its hosts" {
	run_cli 0 promote production/clone-1 --swap --group web --yes --json
	fits promote
	[ "$(jq -c '[.hosts, .downtime_ms]' <<<"$output")" = '[2,0]' ]
	[ "$(world_systems)" = "original clone-1 clone-1" ]
	[ "$(did | grep -E '^(stop|exchange|start) (null|clone)' | grep -v 'stop clone')" = "$(
		printf '%s\n' 'stop null web1' 'exchange clone web1' 'start null web1' 'stop null web2' 'exchange clone web2' \
			'start null web2'
	)" ]
}

@test "what would be lost is listed, and without a yes nothing is changed" {
	echo order >"$WORLD/places/prod-web1/upload"
	mkdir -p "$WORLD/places/prod-web1/var/log" "$CLONE/prod-web2/etc"
	echo noise >"$WORLD/places/prod-web1/var/log/access.log"
	echo test >"$CLONE/prod-web2/etc/test-account"
	run_cli 3 promote production/clone-1 --swap
	has "$stderr" "prod-web1" "/upload" "/var/log/ 1" "prod-web2" "/etc/test-account" "--yes"
	lacks "$stderr" access.log
	[ "$(world_systems)" = "original original original" ]
	[ "$(did)" = "" ]
	run_cli 0 promote production/clone-1 --swap --dry-run --json
	fits promote
	[ "$(jq -c '[.paths[] | [.side, .host, .path, .change]]' <<<"$output")" = \
		'[["original","prod-web1","/upload","added"],["clone","prod-web2","/etc/test-account","added"]]' ]
	[ "$(jq -cS .noise <<<"$output")" = '[{"count":1,"place":"/var/log/","side":"original"}]' ]
}

@test "a stateful group without declared data is refused, and another group can go" {
	DB_DATA='' world_config
	run_cli 3 promote production/clone-1 --swap --yes
	has "$stderr" "group 'db'" "data:" "--group"
	[ "$(did)" = "" ]
	run_cli 0 promote production/clone-1 --swap --group web --yes
	[ "$(world_systems)" = "original clone-1 clone-1" ]
}

@test "what lies in an original's system and in no copy keeps it from being swapped, before anything is stopped" {
	echo /var/lib/docker >"$WORLD/inner-prod-web2"
	run_cli 3 promote production/clone-1 --swap --yes
	rm "$WORLD/inner-prod-web2"
	has "$stderr" "prod-web2: /var/lib/docker has no part in the copy" "--patch-original"
	[ "$(did)" = "" ]
}

@test "a swap needs an approved clone of an original that is as it was" {
	APPROVALS=1 world_config
	run_cli 3 promote production/clone-1 --swap --yes
	has "$stderr" "approv"
	world_config
	echo 2.3 >"$WORLD/places/prod-web1/release"
	run_cli 3 promote production/clone-1 --swap --yes
	has "$stderr" "2.3"
	[ "$(did)" = "" ]
	run_cli 2 promote production --swap --yes
	has "$stderr" "no clone"
	run_cli 2 promote production/clone-1 --swap --group nosuch --yes
	has "$stderr" nosuch
}

@test "a machine of the original that may be at work is not stopped for a swap" {
	sqlite_run "UPDATE rollout_step SET state = 'at-work' WHERE number = (SELECT MAX(number) FROM rollout_step
		WHERE host = 'prod-web1') AND host = 'prod-web1' AND rollout IN (SELECT id FROM rollout WHERE environment = 'production')"
	run_cli 3 promote production/clone-1 --swap --yes
	has "$stderr" "'prod-web1' may still be at" "'patchline promote' asks it first"
	[ -z "$(did)" ]
}

@test "a test that fails after the swap brings all originals back" {
	: >"$WORLD/fail-original"
	run_cli 1 promote production/clone-1 --swap --yes --json
	fits promote
	[ "$(jq -r .is_swapped <<<"$output")" = false ]
	has "$(jq -r .reason <<<"$output")" "1 of 1 tests failed"
	[ "$(world_systems)" = "original original original" ]
	world_is_up
	[ "$(clone_state)" = running ]
	[ "$(board .status)" = clean ]
	rm "$WORLD/fail-original"
	run_cli 0 promote production/clone-1 --swap --yes
	[ "$(world_systems)" = "clone-1 clone-1 clone-1" ]
}

@test "a canary that is not healthy stops the swap there, and only it goes back" {
	: >"$CLONE/prod-web1/broken"
	# It does not boot; not to wait the whole limit, the test looks at what was begun.
	timeout 20 "$PATCHLINE" promote production/clone-1 --swap --group web --yes >/dev/null 2>&1 || :
	[ "$(world_systems)" = "original clone-1 original" ]
	rm "$WORLD/places/prod-web1/broken"
	: >"$WORLD/fail-original"
	run_cli 1 resume production/clone-1 --json
	fits resume
	[ "$(jq -c '[.[] | [.name, .doing, .outcome]]' <<<"$output")" = '[["production/clone-1","swapping","failed"]]' ]
	[ "$(world_systems)" = "original original original" ]
}

@test "rollback lists what was written since, puts the originals back, and keeps them for another swap" {
	run_cli 0 promote production/clone-1 --swap --yes
	echo new >"$WORLD/places/prod-web2/upload"
	run_cli 3 rollback production
	has "$stderr" "prod-web2" "/upload" "--yes"
	[ "$(world_systems)" = "clone-1 clone-1 clone-1" ]
	run_cli 0 rollback production --yes --json
	fits rollback
	[ "$(jq -c '[.is_swapped, .reason, [.losses.paths[].path]]' <<<"$output")" = '[false,"",["/upload"]]' ]
	[ "$(world_systems)" = "original original original" ]
	world_is_up
	[ "$(board .status)" = clean ]
	[ "$(find "$WORLD/kept" -mindepth 1 | wc -l)" = 0 ]
	run_cli 3 rollback production
	has "$stderr" "nothing to put back"
	run_cli 0 promote production/clone-1 --swap --yes
	[ "$(world_systems)" = "clone-1 clone-1 clone-1" ]
}

@test "a return whose program died goes by what was exchanged, whatever the file says by then" {
	run_cli 0 promote production/clone-1 --swap --yes
	: >"$CLONE/aside/prod-web2/broken" # it does not boot, and is waited for
	"$PATCHLINE" rollback production --yes >/dev/null 2>&1 3>&- &
	until [ "$(world_systems)" = "clone-1 clone-1 original" ]; do sleep 0.2; done
	kill -9 $! && { wait $! || :; }
	[ "$(clone_state)" = returning ]
	rm "$WORLD/places/prod-web2/broken"
	sed -i 's|^\( *\)- {name: prod-db1,|\1- {name: prod-db0, address: 127.0.0.1, port: 1}\n&|' patchline.yaml
	run_cli 0 resume production/clone-1 --json
	fits resume
	[ "$(world_systems)" = "original original original" ]
	world_is_up
	[ "$(clone_state)" = stopped ]
	lacks "$(did)" db0
}

@test "a host of a swap that left the file is asked for before anything goes on" {
	run_cli 0 promote production/clone-1 --swap --group web --yes
	sed -i '/name: prod-web2/d' patchline.yaml
	run_cli 3 rollback production --yes
	has "$stderr" "prod-web2" "no longer in 'production'"
	[ "$(world_systems)" = "original clone-1 clone-1" ]
	world_config
	run_cli 0 rollback production --yes
	[ "$(world_systems)" = "original original original" ]
}

@test "groups that a swap left out take the same set by --patch-original, and the swap can still be taken back" {
	run_cli 0 promote production/clone-1 --swap --group web --yes
	run_cli 0 promote production/clone-1 --patch-original
	[ "$(clone_state)" = swapped ]
	[ "$(world_systems)" = "original clone-1 clone-1" ]
	run_cli 0 rollback production --yes
	[ "$(world_systems)" = "original original original" ]
}

@test "resume with nothing left half-way" {
	run_cli 0 resume
	has "$output" "Nothing was left half-way"
	run_cli 1 resume production/clone-1
	has "$stderr" "nothing that was left"
}

@test "what sanitize programs wrote in the copy is told before it comes in" {
	printf 'echo sandbox >payment-key\n' >mask
	sed -i "s|^        canary: 1|        sanitize: [$PWD/mask]\n&|" patchline.yaml
	run_cli 0 clone production
	CLONE=production/clone-2
	run_cli 0 promote "$(cat candidate)" --to "$CLONE"
	run_cli 0 test "$CLONE"
	run_cli 0 promote "$CLONE" --swap --group web --dry-run --json
	fits promote
	[ "$(jq -c '[.paths[] | [.side, .host, .path]]' <<<"$output")" = \
		'[["sanitized","prod-web1","/payment-key"],["sanitized","prod-web2","/payment-key"]]' ]
}
