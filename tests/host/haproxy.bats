#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# host/haproxy.sh against a real HAProxy on loopback, with two real servers behind it and sessions that have to end.
bats_require_minimum_version 1.5.0
# shellcheck disable=SC2030,SC2031 # tests set MIN and AFTER each for itself

setup() {
	command -v haproxy >/dev/null || skip "needs the package haproxy"
	source_root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export PATCHLINE_ROOT=$BATS_TEST_TMPDIR/root
	"$source_root/tools/embed.sh" --show "$source_root/host" haproxy >"$BATS_TEST_TMPDIR/haproxy.sh"
	FRONT=$((20000 + BASHPID % 3000 * 4)) # below the ports that connections get by themselves
	SOCKET=$BATS_TEST_TMPDIR/admin.sock
	PIDS=()
	shop web1 $((FRONT + 1))
	FIRST=$!
	shop web2 $((FRONT + 2))
	balancer admin
	MIN=0 AFTER=go-on HAND=no SETTLE=0
}

teardown() {
	kill "${PIDS[@]}" 2>/dev/null || :
}

shop() {
	"$BATS_TEST_DIRNAME/shop.py" "$1" "$2" 3>&- &
	PIDS+=("$!")
}

# balancer LEVEL: HAProxy in front of both, its runtime socket of that level.
balancer() {
	cat >"$BATS_TEST_TMPDIR/haproxy.cfg" <<-CONFIG
		global
			stats socket $SOCKET mode 600 level $1
		defaults
			mode http
			timeout connect 1s
			timeout client 30s
			timeout server 30s
			timeout check 5s
		frontend front
			bind 127.0.0.1:$FRONT
			default_backend shop
		backend shop
			option httpchk GET /
			default-server check inter 200ms fall 2 rise 1
			server web1 127.0.0.1:$((FRONT + 1))
			server web2 127.0.0.1:$((FRONT + 2))
		backend empty
	CONFIG
	haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg" 3>&- >"$BATS_TEST_TMPDIR/haproxy.log" 2>&1 &
	BALANCER=$!
	PIDS+=("$BALANCER")
	wait_until answers
}

wait_until() {
	local try

	for ((try = 0; try < 100; try++)); do
		! "$@" || return 0
		sleep 0.1
	done
	printf 'never came true: %s\n' "$*"
	return 1
}

answers() {
	[ -S "$SOCKET" ] && curl -fsS -o /dev/null "http://127.0.0.1:$FRONT/" 2>/dev/null
}

# hap VERB SERVER SECONDS [BACKEND]
hap() {
	printf '%s\n' 'balancer 1' "socket $SOCKET" "backend ${4:-shop}" "server $2" "min-healthy $MIN" "timeout $3" \
		"settle $SETTLE" "after-timeout $AFTER" "by-hand $HAND" 'end yes' | dash "$BATS_TEST_TMPDIR/haproxy.sh" "$1"
}

# runtime COMMAND: by another hand.
runtime() {
	perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]); print $s "$ARGV[1]\n"; $s->flush; print while <$s>' \
		"$SOCKET" "$1"
}

# is SERVER STATE: within ten seconds, for the check of HAProxy takes its time on a busy machine.
is() {
	wait_until has_state "$@"
}

has_state() {
	hap state "$1" 5 | grep -q "^shop/$1: $2"
}

# session SECONDS: one that lasts as long, on whichever server's turn it is; waits until it is there.
session() {
	curl -sS "http://127.0.0.1:$FRONT/slow/$1" -o "$BATS_TEST_TMPDIR/session" 3>&- &
	SESSION=$!
	wait_until has_session
	BUSY=$(busy)
}

busy() {
	local one

	for one in web1 web2; do
		! hap state $one 5 | grep -q ', 1 session' || echo $one
	done
}

has_session() {
	[ -n "$(busy)" ]
}

# served: who answers twenty requests.
served() {
	local i

	for ((i = 0; i < 20; i++)); do
		curl -fsS "http://127.0.0.1:$FRONT/" || echo failed
		echo
	done | sort -u | paste -sd' '
}

@test "a drained server gets no requests, and gets them again afterwards" {
	[ "$(served)" = 'web1 web2' ]
	hap drain web1 20
	is web1 DRAIN
	[ "$(served)" = web2 ]
	hap undrain web1 5
	is web1 UP
	[ "$(served)" = 'web1 web2' ]
}

@test "draining waits until the last session has ended" {
	session 2
	run -0 hap drain "$BUSY" 10
	[[ $output == *"shop/$BUSY: its last session has ended"* ]]
	[ -z "$(busy)" ]
	wait "$SESSION"
	[ "$(cat "$BATS_TEST_TMPDIR/session")" = "$BUSY" ]
}

@test "sessions that do not end in time: it goes on and says so, and none of them is cut" {
	session 3
	run -0 hap drain "$BUSY" 1
	[[ $output == *"warning: 1 session(s) of shop/$BUSY had not ended within 1 s"* ]]
	is "$BUSY" MAINT
	wait "$SESSION"
	[ "$(cat "$BATS_TEST_TMPDIR/session")" = "$BUSY" ]
	hap undrain "$BUSY" 5
	is "$BUSY" UP
}

@test "sessions that do not end in time: it fails where that is asked" {
	AFTER=fail
	session 3
	run -1 hap drain "$BUSY" 1
	[[ $output == *"1 session(s) of shop/$BUSY had not ended within 1 s"* ]]
	is "$BUSY" DRAIN
}

@test "doing it again changes nothing" {
	hap drain web1 20
	run -0 hap drain web1 5
	[[ $output != *warning* ]]
	is web1 DRAIN
	hap undrain web1 5
	run -0 hap undrain web1 20
	[[ $output != *warning* ]]
	is web1 UP
}

@test "too few others up: it stays in service, and the reason names them" {
	MIN=1
	hap drain web1 20
	run -1 hap drain web2 1
	[[ $output == *"shop/web2 stays in service: the others that are up are 0, min-healthy is 1; web1 is DRAIN"* ]]
	is web2 UP
}

@test "it waits for the others to come up" {
	MIN=1
	hap drain web1 20
	(
		sleep 1
		hap undrain web1 5
	) 3>&- &
	hap drain web2 10
	is web2 DRAIN
	is web1 UP
}

@test "two hosts at a time cannot both be the last" {
	local first second

	MIN=1
	hap drain web1 1 >"$BATS_TEST_TMPDIR/1" 2>&1 3>&- &
	first=$!
	hap drain web2 1 >"$BATS_TEST_TMPDIR/2" 2>&1 3>&- &
	second=$!
	local failed=0
	wait $first || failed=$((failed + 1))
	wait $second || failed=$((failed + 1))
	[ $failed = 1 ]
	[[ $(served) == web[12] ]]
}

@test "load returns only when HAProxy's own check finds the server well" {
	hap drain web1 20
	kill "$FIRST"
	SETTLE=3
	run -1 hap undrain web1 4
	[[ $output == *"shop/web1 is DOWN by HAProxy's own check"* ]]
	[ "$(served)" = web2 ]
	shop web1 $((FRONT + 1))
	SETTLE=0
	hap undrain web1 20
	[ "$(served)" = 'web1 web2' ]
}

@test "a server that somebody else took out stays out" {
	runtime 'set server shop/web1 state maint'
	run -0 hap drain web1 5
	[[ $output == *'warning: shop/web1 was MAINT already and stays so afterwards: somebody else took it out'* ]]
	run -0 hap undrain web1 20
	[[ $output == *"warning: shop/web1 is MAINT by somebody else's hand"* ]]
	is web1 MAINT
	HAND=yes
	hap undrain web1 5
	is web1 UP
}

@test "a server is found by its address too" {
	hap drain "127.0.0.1:$((FRONT + 2))" 5
	is web2 DRAIN
}

@test "an unknown backend or server: those there are" {
	run -1 hap drain web1 5 shpo
	[[ $output == *"HAProxy has no backend 'shpo' with servers; there are: shop"* ]]
	run -1 hap drain web3 5
	[[ $output == *"backend 'shop' has no server 'web3'; there are: web1 (127.0.0.1), web2 (127.0.0.1)"* ]]
}

@test "no HAProxy, no socket, no right to it: what to do" {
	kill "$BALANCER"
	wait "$BALANCER" || :
	[ -S "$SOCKET" ]
	run -1 hap drain web1 5
	[[ $output == *"HAProxy does not answer on $SOCKET: Connection refused"* ]] ||
		[[ $output == *"HAProxy does not answer on $SOCKET: "*'refused'* ]]
	rm "$SOCKET"
	run -1 hap drain web1 5
	[[ $output == *"there is no runtime socket $SOCKET"*'level admin'* ]]
	balancer user
	run -1 hap drain web1 5
	[[ $output == *"level admin"* ]]
}

@test "an order that was cut is refused" {
	run -1 dash "$BATS_TEST_TMPDIR/haproxy.sh" drain <<<"balancer 1"
	[[ $output == *'did not arrive whole'* ]]
}
