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

# collect ROLLOUT STEP
collect() {
	program run "$1" "$2" collect
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

@test "a step is collected by its name alone: absent, running, done, interrupted" {
	run collect r1 s1
	[ "$output" = "patchline: absent" ]
	[ ! -e "$PATCHLINE_ROOT/r1" ]
	start r1 s1 "until [ -e $BATS_TEST_TMPDIR/go ]; do sleep 0.05; done; echo out; exit 3" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	until [ -s "$PATCHLINE_ROOT/r1/s1/pid" ]; do sleep 0.05; done
	collect r1 s1 >"$BATS_TEST_TMPDIR/collected" 2>&1 3>&- &
	touch "$BATS_TEST_TMPDIR/go"
	wait
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/collected")" = out ]
	[[ $(tail -n 1 "$BATS_TEST_TMPDIR/collected") == "patchline: done 3 "* ]]
	run collect r1 s1
	[ "${lines[0]}" = out ]
	[[ ${lines[1]} == "patchline: done 3 "* ]]
	rm "$PATCHLINE_ROOT/r1/s1/status"
	run collect r1 s1
	[[ ${lines[1]} == "patchline: interrupted "* ]]
}

@test "a journal without started was never begun, whatever else is in it: who asks again begins it" {
	mkdir -p "$PATCHLINE_ROOT/r1/s1"
	echo 'echo other' >"$PATCHLINE_ROOT/r1/s1/program"
	echo 0 >"$PATCHLINE_ROOT/r1/s1/hash"
	printf '17' >"$PATCHLINE_ROOT/r1/s1/started.new"
	run collect r1 s1
	[ "$output" = "patchline: absent" ]
	run start r1 s1 'echo out'
	[ "${lines[0]}" = "patchline: new" ]
	[ "${lines[1]}" = out ]
	[[ ${lines[2]} == "patchline: done 0 "* ]]
}

@test "started, and no program to be seen: never begun in this boot, interrupted in another" {
	mkdir -p "$PATCHLINE_ROOT/r1/s1" "$PATCHLINE_ROOT/r1/s2"
	echo "17 another-boot" >"$PATCHLINE_ROOT/r1/s1/started"
	echo "17 $(cat /proc/sys/kernel/random/boot_id)" >"$PATCHLINE_ROOT/r1/s2/started"
	run collect r1 s1
	[ "$output" = "patchline: interrupted 17" ]
	run start r1 s2 'echo out'
	[ "${lines[0]}" = "patchline: new" ]
	[[ ${lines[2]} == "patchline: done 0 "* ]]
}

@test "a step that fills the disk tells its status all the same" {
	[ "$(id -u)" -eq 0 ] && unshare -m true || skip "wants to mount a small disk"
	mkdir "$PATCHLINE_ROOT"
	run unshare -m bash -c 'mount -t tmpfs -o size=1M none "$PATCHLINE_ROOT"
		text="dd if=/dev/zero of=$PATCHLINE_ROOT/fill bs=64k 2>/dev/null; exit 5"
		printf %s "$text" | dash "$0" r1 s1 ${#text}
		rm "$PATCHLINE_ROOT/fill"
		dd if=/dev/zero of="$PATCHLINE_ROOT/fill" bs=4k 2>/dev/null
		printf %s "$text" | dash "$0" r1 s2 ${#text}
		echo "exit status $?"
		rm "$PATCHLINE_ROOT/fill"
		text="exit 6"
		printf %s "$text" | dash "$0" r1 s2 ${#text}' "$BATS_TEST_TMPDIR/run.sh"
	[[ ${lines[1]} == "patchline: done 5 "* ]]
	[[ ${lines[-3]} == "exit status 1" ]]
	[[ ${lines[-1]} == "patchline: done 6 "* ]]
}

# ---- what may die, wherever run.sh is ----

# Commands that run.sh calls count themselves, and the one of number DIE_AT kills DIE_WHO before it does anything: "parent",
# who called it; "reader", who reads what run.sh says, so that the next word of it is its end; "host", all of it.
make_mortal() {
	local name

	mkdir "$BATS_TEST_TMPDIR/mortal"
	cat >"$BATS_TEST_TMPDIR/mortal/sh" <<-'SH'
		#!/bin/dash
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
		own() {
			grep -lzx "DIE_MARK=$DIE_MARK" /proc/[0-9]*/environ 2>/dev/null | tr -dc '0-9\n' | grep -vx "$$"
		}
		exec 7>>"$DIE_DIR/count"
		flock 7
		echo >&7
		if [ -e "$DIE_DIR/armed" ] && [ "$(wc -l <"$DIE_DIR/count")" -eq "$DIE_AT" ]; then
			rm "$DIE_DIR/armed"
			tr '\0' ' ' <"/proc/$PPID/cmdline" >"$DIE_DIR/victim"
			case $DIE_WHO in
			parent) kill -KILL "$PPID"; exit 1 ;;
			reader) kill -KILL "$(cat "$DIE_DIR/reader")"; while grep -q '^State:.[^Z]' "/proc/$(cat "$DIE_DIR/reader")/status"; do :; done 2>/dev/null ;;
			host) for _ in 1 2 3; do kill -KILL $(own); done 2>/dev/null; exit 1 ;;
			esac
		fi
		exec 7>&-
		PATH=$DIE_DIR/mortal:$PATH
		case ${0##*/} in
		sh) exec /bin/dash "$@" ;;
		*) exec "/usr/bin/${0##*/}" "$@" ;;
		esac
	SH
	chmod +x "$BATS_TEST_TMPDIR/mortal/sh"
	for name in chmod mkdir head cat stat sha256sum flock cmp rm mv date sync setsid cut tail sleep; do
		ln -s sh "$BATS_TEST_TMPDIR/mortal/$name"
	done
	sed "s|^PATH=|PATH=$BATS_TEST_TMPDIR/mortal:|; s|^boot_id=.*|boot_id=$BATS_TEST_TMPDIR/boot|" \
		"$BATS_TEST_TMPDIR/run.sh" >"$BATS_TEST_TMPDIR/mortal.sh"
	sed -i "s|^boot_id=.*|boot_id=$BATS_TEST_TMPDIR/boot|" "$BATS_TEST_TMPDIR/run.sh"
	mkfifo "$BATS_TEST_TMPDIR/words"
	text="echo x >>$BATS_TEST_TMPDIR/done; echo out"
}

# ask_and_die WHO N: false when it has no N-th command any more.
ask_and_die() {
	rm -rf "$PATCHLINE_ROOT" "$BATS_TEST_TMPDIR"/{done,count,victim}
	touch "$BATS_TEST_TMPDIR"/{armed,done}
	echo boot-1 >"$BATS_TEST_TMPDIR/boot"
	cat "$BATS_TEST_TMPDIR/words" >/dev/null 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/reader"
	printf '%sinput' "$text" | DIE_DIR=$BATS_TEST_TMPDIR DIE_MARK=$BATS_TEST_TMPDIR DIE_WHO=$1 DIE_AT=$2 \
		dash "$BATS_TEST_TMPDIR/mortal.sh" r1 s1 ${#text} >"$BATS_TEST_TMPDIR/words" 2>&1 3>&- || :
	wait
	[ -e "$BATS_TEST_TMPDIR/victim" ]
}

# Asked again, it is done and was done once; or it was cut off in the middle, and that is said.
ask_again() {
	local again

	again=$(start r1 s1 "$text" 2>&1 3>&-)
	[ "$(wc -l <"$BATS_TEST_TMPDIR/done")" -le 1 ] || return 1
	case $(tail -n 1 <<<"$again") in
	"patchline: done 0 "*) [ "$(wc -l <"$BATS_TEST_TMPDIR/done")" = 1 ] && grep -qx out <<<"$again" ;;
	"patchline: interrupted "*) "$@" ;;
	*) false ;;
	esac
}

# die_everywhere WHO WHAT... - WHAT: may it be interrupted?
die_everywhere() {
	local n who=$1 text
	shift

	make_mortal
	for ((n = 1; ; n++)); do
		ask_and_die "$who" "$n" || break
		ask_again "$@" || {
			echo "killed before command $n of $(cat "$BATS_TEST_TMPDIR/victim"):"
			start r1 s1 "$text" 3>&-
			ls -l "$PATCHLINE_ROOT"/r1/*
			return 1
		}
	done
	echo "# $n points" >&3
	[ "$n" -gt 25 ]
}

never() { false; }
was_begun() { [ -e "$PATCHLINE_ROOT/r1/s1/pid" ]; }
keeper_died() { was_begun && ! grep -q mortal.sh "$BATS_TEST_TMPDIR/victim"; }
went_down() { was_begun || [ -e "$PATCHLINE_ROOT/r1/s1/started" ]; }

@test "nobody reads any longer, wherever run.sh is: the step is done once" {
	die_everywhere reader never
}

@test "run.sh, or who keeps the step, is killed anywhere: the step is done once, or its keeper died and that is said" {
	die_everywhere parent keeper_died
}

@test "everything is killed anywhere: the step is done once, or cut off and that is said" {
	die_everywhere host was_begun
}

@test "the host goes down anywhere: the step is done once, or cut off and that is said" {
	eval "$(declare -f ask_and_die | sed '1s/ask_and_die/and_die/')"
	ask_and_die() {
		and_die "$@" || return
		echo boot-2 >"$BATS_TEST_TMPDIR/boot"
	}
	die_everywhere host went_down
}
