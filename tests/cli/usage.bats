#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a command line may be, and what is said about one that may not.

load helper

@test "every command that answers with a list takes --csv" {
	for schema in "$SCHEMAS"/*.schema.json; do
		name=$(basename "$schema" .schema.json)
		if [ "$(jq -r .type "$schema")" != array ] || [ "$name" = due ]; then
			continue
		fi
		read -ra words <<<"$(tr - ' ' <<<"${name%-for}")"
		run_cli 0 "${words[@]}" --help
		has "$output" "--csv"
	done
}

@test "without words it says what there is, and that this was no command" {
	run_cli 2
	has "$output" "usage: patchline" "promote" || has "$output" "sets"
}

@test "--version and version name the version" {
	run_cli 0 --version
	[[ $output =~ ^patchline\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	run_cli 0 version
	[[ $output =~ ^patchline\ [0-9] ]]
}

@test "what cannot be written is a failure, of help and version too" {
	local words

	for words in help --help version --version "help promote" "promote --help"; do
		status=0
		# shellcheck disable=SC2086 # words are words
		"$PATCHLINE" $words >/dev/full 2>told || status=$?
		[ "$status" -eq 1 ] || {
			echo "$words: $status"
			return 1
		}
		has "$(cat told)" "writing the output failed"
	done
}

@test "help lists commands, and not what is only for the build" {
	run_cli 0 help
	has "$output" "init" "check" "sync" "show"
	lacks "$output" "describe"
}

@test "every command that help lists tells its own usage" {
	run_cli 0 help
	local names
	names=$(printf '%s\n' "$output" | sed -n 's/^  \([a-z]*\) .*/\1/p')
	[ "$(printf '%s\n' "$names" | wc -l)" -ge 10 ]
	for name in $names; do
		run_cli 0 "$name" --help
		has "$output" "usage: patchline $name" "--json" "--config FILE"
	done
}

@test "an unknown command is refused with the nearest one" {
	run_cli 2 candidate
	has "$stderr" "there is no command 'candidate'; did you mean 'candidates'?"
	run_cli 2 xyzzyx
	has "$stderr" "'patchline help' lists them"
}

@test "an unknown option is refused with the nearest one" {
	run_cli 2 rollouts --limt 3
	has "$stderr" "unknown option '--limt'; did you mean '--limit'?"
	run_cli 2 sets -x
	has "$stderr" "unknown option '-x'"
}

@test "options want their values, and flags none" {
	run_cli 2 log --since
	has "$stderr" "--since wants a value: --since WHEN"
	run_cli 2 sets --json=yes
	has "$stderr" "--json takes no value"
	run_cli 2 log --limit 1 --limit 2
	has "$stderr" "--limit is given twice"
}

@test "too few and too many arguments say what is wanted" {
	run_cli 2 diff one
	has "$stderr" "too few arguments" "patchline diff SET SET"
	run_cli 2 sets one
	has "$stderr" "too many arguments, from 'one' on"
}

@test "numbers and moments that are none are refused" {
	run_cli 2 rollouts --limit many
	has "$stderr" "--limit wants a number, not 'many'"
	run_cli 2 log --since yesterday
	has "$stderr" "--since wants an age" "'yesterday'"
	run_cli 2 evidence --output one
	has "$stderr" "wants the number of a test"
}

@test "programs that ask for JSON get errors as JSON" {
	run_cli 1 show nothing-like-it --json
	[ -z "$output" ]
	output=$stderr
	fits error
	[ "$(jq -r .kind <<<"$output")" = not-found ]
}

@test "output that cannot be written is an error" {
	status=0
	"$PATCHLINE" hosts --json >/dev/full 2>stderr || status=$?
	[ "$status" -eq 1 ]
	has "$(cat stderr)" "writing the output failed"
}

@test "who has read enough ends what is read without a word; an output that is full is told" {
	prepare
	mkfifo pipe
	cat pipe >/dev/null 3>&- &
	exec 6>pipe
	kill $!
	wait $! || true
	status=0
	"$PATCHLINE" log >&6 2>told || status=$?
	exec 6>&-
	[ "$status" = $((128 + $(kill -l PIPE))) ]
	[ ! -s told ]
	status=0
	"$PATCHLINE" log >/dev/full 2>told || status=$?
	[ "$status" = 1 ]
	has "$(cat told)" "writing the output failed"
}
