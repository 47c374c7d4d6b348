#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is kept, and for how long. Two sets are frozen, of which the older one is needed by nothing; LIBJUMP makes time pass.

load helper
load archive
load fleet
load kept

setup_file() {
	load archive
	load fleet
	load kept
	kept_make
}

setup() {
	load kept
	kept_begin
}

@test "without 'keep' nothing goes, and who asks is told" {
	sed -i '/^keep:/d' patchline.yaml
	run_cli 2 clean
	has "$stderr" "no 'keep'" "keep: {for: 90d}"
	run_cli 0 due
	[ "$(ls state/sets | wc -l)" = 2 ]
}

@test "keep: for is an hour or more" {
	sed -i 's/^keep:.*/keep: {for: 5m}/' patchline.yaml
	run_cli 2 sets
	has "$stderr" "an hour or more"
}

@test "nothing that is young goes" {
	run_cli 0 clean --json
	fits clean
	[ "$(jq -c '[.sets, .files]' <<<"$output")" = '[[],0]' ]
}

@test "a set that nothing needs goes with its files; the record says so, and nothing fails of it" {
	later
	run_cli 0 clean --dry-run --json
	fits clean
	[ "$(jq -c '[.is_dry_run, [.sets[].digest], .files > 0]' <<<"$output")" = "[true,[\"$OLD\"],true]" ]
	run_cli 0 verify
	run_cli 0 sets --json
	[ "$(jq -c '[.[].cleaned_at]' <<<"$output")" = '[null,null]' ]

	run_cli 0 clean --json
	fits clean
	[ "$(jq -c '[.is_dry_run, [.sets[].digest], .strangers, .notes]' <<<"$output")" = "[false,[\"$OLD\"],[],[]]" ]
	[ "$(ls "state/sets/$OLD")" = cleaned ]
	[ -e "state/sets/$NEW/manifest" ]
	[ "$(find state/pool -type f ! -name '*.changelog' | wc -l)" = 2 ] # the package and the index of the other
	run_cli 0 verify --json
	fits verify
	[ "$(jq .is_good <<<"$output")" = true ]
	run_cli 0 sets --json
	fits sets
	[ "$(jq -c '[.[] | .cleaned_at != null]' <<<"$output")" = '[false,true]' ]
	run_cli 0 show "$OLD" --json
	fits show
	[ "$(jq -c '[.cleaned_at != null, .packages]' <<<"$output")" = '[true,[]]' ]
	run_cli 0 show "$OLD"
	has "$output" cleaned
	run_cli 0 log --subject "$OLD"
	has "$output" set.sealed set.cleaned
	run_cli 0 log
	has "$output" pool.cleaned
	run_cli 0 why qa-web1
	run_cli 0 clean --json
	[ "$(jq -c '[.sets, .files]' <<<"$output")" = '[[],0]' ]
}

@test "what was cleaned is refused with its date, and can be frozen again" {
	later
	run_cli 0 clean
	run_cli 1 diff "$OLD" "$NEW"
	has "$stderr" "was cleaned away on 20"
	run_cli 0 freeze 2.1 --json
	[ "$(jq .is_unchanged <<<"$output")" = false ]
	run_cli 0 verify
}

@test "the newest sets stay, whatever their age" {
	sed -i 's/^keep:.*/keep: {for: 30d, sets: 2}/' patchline.yaml
	later
	run_cli 0 clean --json
	[ "$(jq -c .sets <<<"$output")" = '[]' ]
}

@test "due cleans, and only then" {
	later
	run_cli 0 due --dry-run
	has "$output" "1 sets" "may go"
	[ -e "state/sets/$OLD/manifest" ]
	run_cli 0 due qa
	[ -e "state/sets/$OLD/manifest" ]
	run_cli 0 due
	has "$output" "are gone"
	[ ! -e "state/sets/$OLD/manifest" ]
}

@test "who works with the pool is not disturbed" {
	local holder

	later
	mkfifo go
	flock -s state/pool/sha256 cat go >/dev/null 3>&- &
	holder=$!
	exec 9>go
	run_cli 1 clean
	has "$stderr" "another program works with the pool"
	run_cli 0 due
	[ -e "state/sets/$OLD/manifest" ]
	exec 9>&-
	wait "$holder"
	run_cli 0 clean
	[ ! -e "state/sets/$OLD/manifest" ]
}

@test "what is not ours is told and stays; half a download of long ago goes" {
	local shelf digest

	later
	shelf=$(find state/pool/sha256 -mindepth 1 -maxdepth 1 | sort | head -1)
	digest=$(basename "$shelf")$(printf '%062d' 7)
	echo half >"$shelf/$digest.part"
	echo notes >"$shelf/notes"
	mkdir state/backup state/sets/mine
	run_cli 0 clean --json
	fits clean
	[ "$(jq -c '.strangers | map(sub(".*/state/"; ""))' <<<"$output")" = '["backup","sets/mine"]' ]
	has "$(jq -r '.notes[]' <<<"$output")" "$shelf/notes"
	[ -e "$shelf/notes" ] && [ -e state/backup ] && [ -e state/sets/mine ]
	[ ! -e "$shelf/$digest.part" ]
}

@test "a kept set that cannot be read keeps the whole pool" {
	local before

	later
	: >"state/sets/$NEW/manifest"
	before=$(find state/pool -type f | sort)
	run_cli 1 clean
	has "$stderr" "nothing of the pool goes"
	[ "$(find state/pool -type f | sort)" = "$before" ]
}
