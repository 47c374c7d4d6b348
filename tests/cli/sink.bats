#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The fence's sink against real clients: a mailer, http, tls, and what says nothing sensible.

bats_require_minimum_version 1.5.0
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	SMTP=$((20000 + RANDOM % 10000))
	HTTP=$((SMTP + 1))
	TCP=$((SMTP + 2))
	"$PATCHLINE" sink --record "$PWD/record" --listen "$SMTP=smtp" --listen "$HTTP=http" --listen "$TCP=tcp" \
		>sink.log 2>&1 3>&- &
	SINK=$!
	local try
	for try in 1 2 3 4 5 6 7 8 9 10; do
		(: >"/dev/tcp/127.0.0.1/$TCP") 2>/dev/null && break
		sleep 0.1
	done
}

teardown() {
	kill "$SINK" 2>/dev/null || true
	wait "$SINK" 2>/dev/null || true
}

# The entries with that answer, once there are so many: entries AS COUNT
entries() {
	local try

	for try in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(jq -s --arg kind "$1" '[.[] | select(.as == $kind and .received_bytes > 0)] | length' record)" -lt "$2" ] || break
		sleep 0.1
	done
	jq -sc --arg kind "$1" '[.[] | select(.as == $kind and .received_bytes > 0)]' record
}

@test "a mailer delivers, signed in or not" {
	printf 'Subject: order 7\r\n\r\n.hidden\r\nend\r\n' >mail
	curl -sS --mail-from shop@x.example --mail-rcpt a@y.example --mail-rcpt b@y.example -T mail "smtp://127.0.0.1:$SMTP"
	curl -sS --user anna:topsecret --mail-from shop@x.example --mail-rcpt a@y.example -T mail "smtp://127.0.0.1:$SMTP"
	told=$(entries smtp 2)
	[ "$(jq -r '.[0].messages[0] | "\(.from) \(.to | join(","))"' <<<"$told")" = "shop@x.example a@y.example,b@y.example" ]
	[ "$(jq -r '.[0].messages[0].message' <<<"$told")" = "Subject: order 7

.hidden
end" ]
	[ "$(jq -r '.[1].count' <<<"$told")" = 1 ]
	lacks "$(cat record)" topsecret
	lacks "$(cat record)" "$(printf '\0anna\0topsecret' | base64)"
	[ "$(stat -c %a record)" = 600 ]
}

@test "http clients get their answer" {
	[ "$(curl -sS -o body -w '%{http_code}' -d '{"card":"4111"}' "http://127.0.0.1:$HTTP/pay?x=1")" = 200 ]
	[ ! -s body ]
	head -c 300000 /dev/zero | tr '\0' z |
		curl -sS -T - -H 'Expect: 100-continue' -H 'Transfer-Encoding: chunked' "http://127.0.0.1:$HTTP/upload"
	told=$(entries http 2)
	[ "$(jq -r '.[0].requests[0] | "\(.method) \(.target) \(.body)"' <<<"$told")" = 'POST /pay?x=1 {"card":"4111"}' ]
	[ "$(jq -r '.[1].requests[0] | "\(.size) \(.is_cut) \(.body | length)"' <<<"$told")" = "300000 true 65536" ]
	[ "$(jq -r '.[0] | "\(.to) \(.port)"' <<<"$told")" = "127.0.0.1 $HTTP" ]
}

@test "what came is recorded as it comes, while its connection stays open" {
	exec 8<>"/dev/tcp/127.0.0.1/$HTTP"
	printf 'GET /one HTTP/1.1\r\nHost: pay.example\r\n\r\n' >&8
	[ "$(jq -r '.[0].requests[0].target' <<<"$(entries http 1)")" = /one ]
	printf 'GET /two HTTP/1.1\r\nHost: pay.example\r\n\r\n' >&8
	[ "$(jq -c '[.[] | [.requests[0].target, .count, .is_more]]' <<<"$(entries http 2)")" = '[["/one",1,null],["/two",1,true]]' ]
	exec 8>&-
	sleep 0.5
	[ "$(entries http 2 | jq length)" = 2 ]
}

@test "whom a tls client wants is noted, and it fails at once" {
	started=$SECONDS
	run ! curl -sS --max-time 10 --connect-to "pay.example.org:443:127.0.0.1:$TCP" https://pay.example.org/
	run ! curl -sS --max-time 10 --connect-to "api.example.org:443:127.0.0.1:$HTTP" https://api.example.org/
	[ $((SECONDS - started)) -lt 8 ]
	[ "$(jq -r '.[0].server_name' <<<"$(entries tcp 1)")" = pay.example.org ]
	[ "$(jq -r '.[0].server_name' <<<"$(entries http 1)")" = api.example.org ]
}

@test "many at once, and those that say nothing, hold nobody up" {
	for i in $(seq 30); do
		exec {idle}<>"/dev/tcp/127.0.0.1/$HTTP"
	done
	for i in $(seq 20); do
		curl -sS "http://127.0.0.1:$HTTP/$i" &
	done
	wait $(jobs -p | grep -v "^$SINK$")
	[ "$(jq length <<<"$(entries http 20)")" = 20 ]
	printf '\001\002hello' >"/dev/tcp/127.0.0.1/$TCP"
	[ "$(jq -r '.[0].first_bytes' <<<"$(entries tcp 1)")" = '\x01\x02hello' ]
}

@test "it ends when it is told to, and says when it cannot begin" {
	kill "$SINK"
	wait "$SINK"
	run_cli 2 sink --record r
	has "$stderr" "--listen"
	run_cli 2 sink --record r --listen 25=pop
	has "$stderr" "want smtp, http or tcp"
	run_cli 1 sink --record /nowhere/r --listen "$SMTP=smtp"
	has "$stderr" "/nowhere/r"
	python3 -m http.server "$TCP" --bind 127.0.0.1 >/dev/null 2>&1 3>&- &
	other=$!
	sleep 1
	run_cli 1 sink --record r --listen "$TCP=tcp"
	kill "$other"
	has "$stderr" "listening on port $TCP: Address already in use"
}
