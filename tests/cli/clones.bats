#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The later life of clones: stopped, started, entered, expired, orphaned, several at once.

load helper
load fleet
load production

@test "a clone is stopped, started and entered" {
	run_cli 0 clone production
	run_cli 0 enter production/clone-1 prod-db1 -- echo inside
	[ "$output" = inside ]
	run_cli 7 enter production/clone-1 prod-web1 -- exit 7
	run_cli 1 enter production/clone-1 nowhere
	has "$stderr" "has no host 'nowhere'"
	run_cli 0 clone stop production/clone-1 --json
	fits clone-stop
	[ "$(jq -r .state <<<"$output")" = stopped ]
	run_cli 3 enter production/clone-1 prod-db1
	has "$stderr" "patchline clone start production/clone-1"
	run_cli 0 --json clone start production/clone-1
	fits clone-start
	[ "$(jq -r .state <<<"$output")" = running ]
}

@test "what has expired, and what nobody knows, is listed and removed on request" {
	run_cli 0 clone production
	run_cli 0 clone production --expires 1s
	echo prod-web1 >copies/production-clone-9
	sleep 1.1
	run_cli 0 clones --expired --json
	fits clones
	[ "$(jq -r '.[].name' <<<"$output")" = production/clone-2 ]
	rm copies/production-clone-1-*
	run_cli 0 clones --orphaned --json
	fits clones
	[ "$(jq -r '.[] | "\(.name): \(.problem)"' <<<"$output")" = "production-clone-9: the provider holds it, and nothing here tells of it
production/clone-1: its machines are gone" ]
	run_cli 0 clone remove --expired --dry-run
	has "$output" production/clone-2
	run_cli 0 clone remove --expired --yes
	run_cli 0 clone remove --orphaned --yes
	[ -z "$(ls copies)" ]
	run_cli 0 clones --orphaned
	has "$output" "exactly the clones that are known here"
	run_cli 2 clone remove --yes
	has "$stderr" "say which"
}

@test "what the sink recorded is shown with the clone" {
	run_cli 0 clone production
	printf '%s\n' '{"as":"smtp","at":"2026-11-23T10:00:00Z","count":1,"from":"10.77.0.11","to":"192.0.2.1","port":25,"messages":[{"from":"shop@x.example","to":["a@x.example"],"message":"Subject: order 7\n\nhello","size":5,"is_cut":false}]}' \
		'{"as":"tcp","at":"2026-11-23T10:00:01Z","from":"10.77.0.11","to":"192.0.2.2","port":443,"server_name":"pay.example.org"}' \
		>"$(echo state/clones/production-clone-1-*)/sink"
	run_cli 0 show production/clone-1 --json
	fits show
	[ "$(jq -r '"\(.sink.messages) \(.sink.tcp_connections) \(.sink.last | length)"' <<<"$output")" = "1 1 2" ]
	run_cli 0 show production/clone-1
	has "$output" "CAUGHT BY THE FENCE" "shop@x.example to a@x.example: Subject: order 7" "TLS for pay.example.org" "192.0.2.2:443"
}

@test "two clones of one environment at once are fine" {
	"$PATCHLINE" clone production >one 2>&1 3>&- &
	run_cli 0 clone production
	wait $!
	run_cli 0 clones --json
	[ "$(jq -r '[.[] | .state] | join(" ")' <<<"$output")" = "running running" ]
}

@test "two installations on one provider and the same hosts keep off each other's clones" {
	run_cli 0 clone production
	first=$(installation)
	mv state first
	run_cli 0 clone production
	[ "$(ls copies | wc -l)" = 2 ]
	run_cli 0 clones --orphaned --json
	fits clones
	[ "$(jq -r '.[] | "\(.name) \(.installation)"' <<<"$output")" = "production-clone-1-$first $first" ]
	run_cli 0 clone remove --orphaned --yes
	has "$output" "nothing to remove"
	[ "$(ls copies | wc -l)" = 2 ]
	run_cli 2 clone remove production/clone-1 --made-by "$first" --yes
	has "$stderr" "goes with --orphaned"
	run_cli 0 clone remove --orphaned --made-by "$first" --dry-run
	has "$output" "production-clone-1-$first"
	run_cli 0 clone remove --orphaned --made-by "$first" --yes
	[ "$(ls copies)" = "production-clone-1-$(installation)" ]
}

@test "what was cloned before names told of installations is found under its old one" {
	run_cli 0 clone production
	mv "$(echo copies/production-clone-1-*)" copies/production-clone-1
	mv "$(echo state/clones/production-clone-1-*)" state/clones/production-clone-1
	python3 - <<-'PY'
		import sqlite3
		db = sqlite3.connect("state/patchline.db")
		# back to the database of before: what each migration from 0012 on adds is taken out
		db.executescript("ALTER TABLE clone DROP COLUMN known_as; ALTER TABLE rollout DROP COLUMN known_as;"
		    "ALTER TABLE patch_set DROP COLUMN cleaned_at;"
		    "DROP TABLE installation; PRAGMA user_version = 11")
	PY
	run_cli 0 clones --orphaned
	has "$output" "exactly the clones that are known here"
	run_cli 0 clone remove production/clone-1 --yes
	[ -z "$(ls copies)$(ls state/clones)" ]
}
