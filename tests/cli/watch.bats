#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Watching a rollout, as a stream and on a terminal. What drives it is tests/cli/act; with real hosts: tests/e2e/watch.bats.

load helper

setup_file() {
	export PREPARED=$BATS_FILE_TMPDIR
	"$PREPARE" "$PREPARED/state" >"$PREPARED/words"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG NO_COLOR
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_config
	cp -r "$PREPARED/state" state
	eval "$(cat "$PREPARED/words")"
}

act() {
	"$ACT" state "$@"
}

# begin: a rollout in development whose program is this test; sets N. One host failed, one is at work, two wait.
begin() {
	N=$(act begin development "$CANDIDATE" w1:web:1 w2:web:1 w3:web:2 w4:web:2)
	lease development $$
	act host "$N" w1 waiting running
	act start "$N" w1 stage 60
	act end "$N" w1 stage
	act start "$N" w1 apply 60
	act end "$N" w1 apply "no space left on device"
	act host "$N" w1 running failed "apply: no space left on device"
	act host "$N" w2 waiting running
	act start "$N" w2 apply 600
	act say "$N" w2 $'Setting up \e[31mnginx\e[0m'
}

# finish STATE: what is left comes to its end.
finish() {
	act end "$N" w2 apply
	act host "$N" w2 running 'done'
	act move "$N" running "$1" "so it was"
}

# terminal SIZE DEED... -- WORD...: patchline on a terminal of its own; its words in $output.
terminal() {
	local -a deeds=()

	while [ "$1" != -- ]; do
		deeds+=("$1")
		shift
	done
	shift
	status=0
	output=$("$BATS_TEST_DIRNAME/terminal" "${deeds[@]}" -- "$PATCHLINE" "$@" 2>&1) || status=$?
	[ "$status" = 0 ] || {
		printf '%s\n' "$output"
		return 1
	}
}

@test "what happened is told in order, a line each" {
	begin
	run_cli 0 watch --no-follow
	[ "$(sed 's/^[^ ]*Z  *//; s/  */ /g; s/ *$//; s/ [0-9]*s\>/ Ns/' <<<"$output")" = "rollout-$N started
w1 running
w1 stage started
w1 stage done Ns
w1 apply started
w1 apply failed Ns: no space left on device
w1 failed: apply: no space left on device
w2 running
w2 apply started" ]
}

@test "programs get an object a line, and go on where they left off" {
	local seq

	begin
	run_cli 0 watch "rollout-$N" --no-follow --json
	lines_fit watch
	[ "$(wc -l <<<"$output")" = 9 ]
	[ "$(jq -sc '[.[] | .seq] | . == sort' <<<"$output")" = true ]
	[ "$(jq -sc '.[5] | [.kind, .host, .step, .attempt, .state, .reason]' <<<"$output")" = \
		'["step.failed","w1","apply",1,"failed","no space left on device"]' ]
	[ "$(jq -sc '.[6] | [.kind, .step, .failure]' <<<"$output")" = '["host.failed",null,"apply"]' ]
	[ "$(jq -sc '.[3].took_seconds | type' <<<"$output")" = '"number"' ]

	# Its start was told before, and yet it is known how long the step took.
	seq=$(jq -s '.[4].seq' <<<"$output")
	run_cli 0 watch --no-follow --json --since "$seq"
	[ "$(jq -sc '[.[] | .kind]' <<<"$output")" = '["step.failed","host.failed","host.running","step.started"]' ]
	[ "$(jq -sc '.[0].took_seconds | type' <<<"$output")" = '"number"' ]
	run_cli 0 watch --no-follow --json --since 99999
	[ -z "$output" ]
}

@test "it is followed to its end, and the exit status tells how it ended" {
	begin
	(sleep 1 && finish 'done') &
	run_cli 0 watch
	has "$output" "w2               apply     done" "w2               done" "done: so it was"
	wait

	N=$(act begin development "$CANDIDATE" w2:web:1)
	lease development $$
	act host "$N" w2 waiting running
	act start "$N" w2 apply 600
	(sleep 1 && finish stopped) &
	run_cli 1 watch "rollout-$N" --json
	lines_fit watch
	[ "$(jq -sr '.[-1] | .kind + " " + .reason' <<<"$output")" = "rollout.stopped so it was" ]
	[ "$(jq -r .kind <<<"$stderr")" = system ]
	has "$stderr" "rollout-$N in 'development' is stopped: so it was"
	wait
}

@test "one that ended is told whole, without waiting" {
	run_cli 1 watch "$ROLLOUT"
	has "$output" "qa-web1          apply     failed" "stopped: 1 of 1 hosts of wave 1 failed"
	run_cli 0 watch qa --no-follow
	has "$output" "qa-web1"
}

@test "who stops reading ends it" {
	local end

	begin
	mkfifo fifo
	"$PATCHLINE" watch >fifo 2>errors 3>&- &
	read -r _ <fifo
	for ((end = EPOCHSECONDS + 10; EPOCHSECONDS < end; )); do
		kill -0 $! 2>/dev/null || break
		sleep 0.1
	done
	! kill -0 $! 2>/dev/null
}

@test "a program that died is told of, and the rollout is followed on" {
	begin
	sleep 300 3>&- &
	lease development $!
	kill $!
	wait $! || :
	(sleep 1.5 && finish 'done') &
	run_cli 0 watch
	has "$stderr" "rollout-$N: its program died, last heard of" "'patchline resume' goes on with it"
	[ "$(grep -c died <<<"$stderr")" = 1 ]
	has "$output" "done: so it was"
	wait
}

@test "without a name it is the one that runs; several are named" {
	begin
	run_cli 0 watch --no-follow
	has "$output" "rollout-$N "
	run_cli 0 watch development --no-follow
	has "$output" "rollout-$N "
	sqlite_run "UPDATE rollout SET state = 'running' WHERE environment = 'qa'"
	run_cli 2 watch --no-follow
	has "$stderr" "several rollouts run: rollout-$N in development, $ROLLOUT in qa"
	run_cli 0 watch qa --no-follow
	has "$output" "$ROLLOUT "
}

@test "what cannot be watched is refused" {
	run_cli 1 watch rollout-99
	has "$stderr" "there is no rollout-99"
	run_cli 1 watch nowhere
	has "$stderr" "nothing is called 'nowhere'"
	run_cli 2 watch dev-web1
	has "$stderr" "'dev-web1' is a host: want rollout-N"
	run_cli 1 watch development
	has "$stderr" "no rollout has started yet in development"
	run_cli 2 watch --since yesterday
	has "$stderr" "--since wants the number of an event"
	run_cli 2 watch --since -1
	rm -r state
	run_cli 1 watch
	has "$stderr" "no rollout has started yet"
}

@test "show tells the last line of a host at work, and how long its step may take" {
	begin
	run_cli 0 show "rollout-$N" --json
	fits show
	[ "$(jq -c '[.hosts[] | .said]' <<<"$output")" = '[null,"Setting up nginx",null,null]' ]
	[ "$(jq -c '[.steps[] | .deadline_at | type] | unique' <<<"$output")" = '["string"]' ]
	run_cli 0 show "rollout-$N"
	has "$output" "Setting up nginx" "left)"
}

@test "on a terminal it is a view that is drawn in place and given back" {
	begin
	terminal 80x24 see "Setting up nginx" print \
		run "'$ACT' state say $N w2 'Processing triggers'" see "Processing triggers" gone "Setting up" \
		key q end -- watch
	has "$output" "rollout-$N: $CANDIDATE to development, running" "1 of 4: 1 failed, 1 running, 2 waiting" \
		"first deadline: apply on w2" "apply: no space left on device" "   2  web: 2 waiting" "ended 0"
	[ "$(sed '1,/^ended/d' <<<"$output" | grep -c "no space left")" = 1 ]
	[ "$(act move "$N" paused running no 2>&1 | grep -c "is running, not paused")" = 1 ]
}

@test "a terminal is given back whatever ends the view" {
	local name number

	begin
	for name in INT:130 TERM:143 HUP:129 QUIT:131; do
		number=${name#*:}
		terminal 80x24 see "Setting up" signal "${name%:*}" end -- watch
		has "$output" "ended $number"
	done
	terminal 80x24 see "Setting up" key $'\003' end -- watch
	has "$output" "ended 130"
	terminal 80x24 see "Setting up" run "'$ACT' state end $N w2 apply && '$ACT' state move $N running stopped enough" \
		end -- watch
	has "$output" "ended 1" "stopped: enough" "patchline watch: rollout-$N in 'development' is stopped"
}

@test "a terminal of another size gets other lines" {
	begin
	terminal 80x24 see "q quit" resize 60x10 see "p pause" print resize 120x30 see "since 2" key q end -- watch
	has "$output" "ended 0"
	terminal 20x3 see "rollout-" key q end -- watch
	has "$output" "ended 0"
}

@test "keys pause, and cancel when it is meant" {
	begin
	terminal 80x24 see "Setting up" key '?' see "asks first" key '?' gone "asks first" key x see "no such key" \
		key c see "cancel rollout-$N for good? y/n" key n see "not cancelled" \
		key p see "pause: its program was told" see "pause asked by" \
		key c key y see "cancel: its program was told" see "cancel asked by" key q end -- watch
	has "$output" "ended 0"
	run_cli 0 log --subject "rollout-$N" --json
	[ "$(jq -c '[.[] | select(.kind == "rollout.wished") | .payload.wish]' <<<"$output")" = '["cancel","pause"]' ]
	[ "$(jq -r '.[0].actor' <<<"$output")" = "$(id -un)" ]
}

@test "a rollout whose program died says so, and is paused at once" {
	begin
	sqlite_run "DELETE FROM lease"
	terminal 80x24 see "its program died, last heard of" see "'patchline resume'" key p end -- watch
	has "$output" "ended 1" "paused: paused by $(id -un)"
	run_cli 0 show "rollout-$N" --json
	[ "$(jq -r .state <<<"$output")" = paused ]
}

@test "a stop gives the terminal away, and takes it again" {
	begin
	terminal 80x24 see "Setting up" signal TSTP gone "Setting up" stopped signal CONT see "Setting up" key q end -- watch
	has "$output" "ended 0"
}

@test "a dumb terminal gets lines" {
	begin
	(sleep 1 && finish 'done') &
	output=$(TERM=dumb script -qec "$PATCHLINE watch" /dev/null </dev/null)
	has "$output" "w2               apply     done" "done: so it was"
	lacks "$output" $'\e'
	wait
}

@test "a key that follows a continue is not lost" {
	begin
	terminal 80x24 see "Setting up" signal CONT key q end -- watch
	has "$output" "ended 0"
}
