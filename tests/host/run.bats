#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# run.sh: a step is done once, whatever becomes of who started it.

load host

# start ROLLOUT STEP TEXT [ARGUMENT...] - run a step whose program is TEXT, with the input "input".
start() {
	local rollout=$1 step=$2 text=$3
	shift 3
	printf '%sinput' "$text" | program run "$rollout" "$step" ${#text} "$@"
}

journal() {
	cat "$PATCHLINE_ROOT/r1/$1/$2"
}

@test "a step gets its arguments and its input, and its output and status come back" {
	run start r1 s1 'echo "$# $1 $2"; cat; echo; echo err >&2; exit 4' "a b" c
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "patchline: new" ]
	[ "${lines[1]}" = "2 a b c" ]
	[ "${lines[2]}" = "input" ]
	[ "${lines[3]}" = "err" ]
	[[ ${lines[4]} =~ ^"patchline: done 4 "[0-9]+" "[0-9]+$ ]]
	[ "$(journal s1 output)" = "$(printf '2 a b c\ninput\nerr')" ]
}

@test "the same step again tells what came of it and does nothing" {
	start r1 s1 "echo x >>$BATS_TEST_TMPDIR/done; echo out"
	run start r1 s1 "echo x >>$BATS_TEST_TMPDIR/done; echo out"
	[ "${lines[0]}" = "patchline: there" ]
	[ "${lines[1]}" = "out" ]
	[[ ${lines[2]} == "patchline: done 0 "* ]]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/done")" -eq 1 ]
}

@test "ten starts at a time are one step" {
	for n in 1 2 3 4 5 6 7 8 9 10; do
		start r1 s1 "echo x >>$BATS_TEST_TMPDIR/done; sleep 0.5; echo end" >"$BATS_TEST_TMPDIR/out.$n" 2>&1 3>&- &
	done
	wait
	[ "$(wc -l <"$BATS_TEST_TMPDIR/done")" -eq 1 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | grep -c '^patchline: done 0 ')" -eq 10 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | grep -c '^end$')" -eq 10 ]
	[ "$(cat "$BATS_TEST_TMPDIR"/out.* | grep -c '^patchline: new$')" -eq 1 ]
}

@test "another program, argument or input under the same name is refused" {
	start r1 s1 'echo one' a
	run start r1 s1 'echo two' a
	[ "$output" = "patchline: taken" ]
	run start r1 s1 'echo one' b
	[ "$output" = "patchline: taken" ]
	[ "$(journal s1 output)" = one ]
	run start r1 s2 'echo two' a
	[ "${lines[1]}" = two ]
}

@test "a step outlives who follows it" {
	start r1 s1 'echo begun; sleep 1; echo ended' >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	follower=$!
	until grep -q begun "$BATS_TEST_TMPDIR/out"; do sleep 0.05; done
	kill -KILL -- $(ps -o pid= --ppid $follower) $follower
	run start r1 s1 'echo begun; sleep 1; echo ended'
	[ "${lines[0]}" = "patchline: there" ]
	[ "${lines[2]}" = ended ]
	[[ ${lines[3]} == "patchline: done 0 "* ]]
}

@test "a program killed by a signal is done, with the signal's status" {
	run start r1 s1 'kill -KILL $$'
	[[ ${lines[-1]} == "patchline: done 137 "* ]]
}

@test "a step whose processes all died is interrupted, and not started again" {
	start r1 s1 'sleep 30' >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	until [ -s "$PATCHLINE_ROOT/r1/s1/pid" ]; do sleep 0.05; done
	read -r pid _ <"$PATCHLINE_ROOT/r1/s1/pid"
	keeper=$(ps -o ppid= -p "$pid")
	kill -KILL $keeper "$pid" $(ps -o pid= --ppid "$pid")
	wait
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") =~ ^"patchline: interrupted "[0-9]+$ ]]
	run start r1 s1 'sleep 30'
	[ "${lines[0]}" = "patchline: there" ]
	[[ ${lines[1]} =~ ^"patchline: interrupted "[0-9]+$ ]]
}

@test "a program that lost its keeper is still running" {
	start r1 s1 'sleep 1; echo ended' >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	until [ -s "$PATCHLINE_ROOT/r1/s1/pid" ]; do sleep 0.05; done
	read -r pid _ <"$PATCHLINE_ROOT/r1/s1/pid"
	kill -KILL $(ps -o ppid= -p "$pid")
	wait
	grep -q '^ended$' "$BATS_TEST_TMPDIR/out"
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/out") == "patchline: interrupted "* ]]
}

@test "a daemon that a step leaves behind does not hold it" {
	run start r1 s1 'sleep 5 & echo started'
	[[ ${lines[-1]} == "patchline: done 0 "* ]]
	read -r _ _ begun ended < <(cut -d ' ' -f 2- <<<"${lines[-1]}")
	[ $((ended - begun)) -lt 4 ]
}

@test "names that lead elsewhere, and a program that was cut, are refused" {
	for name in ../x .x 'a b' '' sets; do
		run start "$name" s1 'echo x'
		[ "$status" -eq 1 ]
		[[ $output == *"is no name for a rollout or a step"* ]]
	done
	run program run r1 s1 100 <<<'echo x'
	[ "$status" -eq 1 ]
	[[ $output == *"did not arrive whole"* ]]
	[ ! -e "$PATCHLINE_ROOT/r1/s1" ]
}
