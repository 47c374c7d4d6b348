#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Production's two web hosts behind its HAProxy: no customer notices a rollout, and a host that is not sound gets none.

load ../cli/helper
load lab

BALANCER=10.77.4.10
SHOP=http://$BALANCER

teardown() {
	[ -z "${CUSTOMER-}" ] || kill "$CUSTOMER" 2>/dev/null || :
	[ -n "$BATS_TEST_COMPLETED" ] || servers || :
}

# as_here ROLE HOST...: what this tree configures for the role, whatever the lab was made with.
as_here() {
	local role=$1 host

	for host in "${@:2}"; do
		cp -r "$LABDIR/roles/$role/files/." "$PATCHLINE_LAB/mount/disk/hosts/$host/"
		[ "$role" = lb ] || on "$host" 'systemctl restart php8.2-fpm && systemctl reload nginx'
		[ "$role" = web ] || on "$host" systemctl reload haproxy
	done
}

# begin_balanced [KEY: VALUE...]: both web hosts, with these keys besides, behind their balancer; all as they were first.
begin_balanced() {
	local line

	write_line production:prod-web1,prod-web2
	for line in 'min-healthy: 1' \
		'drain: {driver: haproxy, on: [prod-lb1], backend: web, server: "{address}", settle: 1s, timeout: 10s}' "$@"; do
		sed -i "/failure-budget: 0/a\\        $line" patchline.yaml
	done
	group lb prod-lb1 >lb
	echo '        restart-by-reload: [haproxy]' >>lb
	sed -i -e '/^tests:/e cat lb' patchline.yaml
	lab revert prod-web1 prod-web2 prod-lb1
	as_here web prod-web1 prod-web2
	as_here lb prod-lb1
	wait_until state_is prod-web1 UP
	wait_until state_is prod-web2 UP
	run_cli 0 scan
}

# state_is HOST WORD: of its server, as HAProxy says.
state_is() {
	[[ $(servers | awk -v server="${1#prod-}" '$1 == server { print $2 }') == "$2"* ]]
}

# SERVER STATE CHECK, one a line.
servers() {
	on prod-lb1 "perl -MIO::Socket::UNIX -e '\$s = IO::Socket::UNIX->new(Peer => \"/run/haproxy/admin.sock\");
		print \$s \"show stat\\n\"; \$s->flush; print while <\$s>'" |
		awk -F, '$1 == "web" && $2 != "BACKEND" { print $2, $18, $37, $57 }'
}

# A customer who asks every 20 ms or so, from now on; what was not answered well goes into the file failed.
open_shop() {
	: >failed
	: >asked
	(
		while :; do
			curl -sS -m 5 -f -o /dev/null "$SHOP/index.php" 2>>failed || echo "at $EPOCHSECONDS" >>failed
			echo >>asked
			sleep 0.02
		done
	) 3>&- &
	CUSTOMER=$!
}

close_shop() {
	kill "$CUSTOMER"
	wait "$CUSTOMER" 2>/dev/null || :
	CUSTOMER=
}

# step_time HOST STEP MEMBER: in seconds since 1970.
step_time() {
	run_cli 0 show "$(last_rollout)" --log "$1" --json
	date -d "$(jq -r --arg step "$2" "[.[] | select(.step == \$step)][-1].$3" <<<"$output")" +%s
}

# requests HOST FROM UNTIL: that the balancer sent it in the seconds between.
requests() {
	on "$1" cat /var/log/nginx/access.log | grep "^$BALANCER " | sed 's/.*\[\([^]]*\)\].*/\1/; s|/| |; s|/| |; s/:/ /' |
		date -f - +%s | awk -v from="$2" -v until="$3" '$1 > from && $1 < until' | wc -l
}

owed() {
	run_cli 0 status --json
	fits status
	jq -r '[.owed[] | .host + " " + .debt] | join(", ")' <<<"$output"
}

# The web hosts alone have it.
put_hello() {
	offer lab-hello 1.1 --postinst "$1"
	run_cli 0 sync
	freeze
}

@test "during a rollout over both hosts no request fails, and the host at hand gets none" {
	local host from until

	begin_balanced
	put_hello 'sleep 3'
	open_shop
	run_cli 0 promote 2.2 --to production
	close_shop
	[ "$(cat failed)" = '' ]
	[ "$(wc -l <asked)" -gt 100 ]
	for host in prod-web1 prod-web2; do
		is_at "$host" lab-hello 1.1
		state_is "$host" UP
		from=$(step_time "$host" drain ended_at) until=$(step_time "$host" undrain started_at)
		[ $((until - from)) -ge 3 ]
		[ "$(requests "$host" "$from" "$until")" = 0 ]
	done
	[ "$(requests prod-web1 "$(step_time prod-web2 drain ended_at)" "$(step_time prod-web2 undrain started_at)")" -gt 10 ]
	[ "$(owed)" = '' ]
}

@test "a host that fails verify stays out while the other serves, until it is well, or by hand" {
	begin_balanced 'health: ["test ! -e /run/sick"]' 'patience: 2s'
	put_hello true
	on prod-web2 touch /run/sick
	open_shop
	run_cli 1 promote 2.2 --to production
	has "$output" 'left out of service: prod-web2'
	close_shop
	[ "$(cat failed)" = '' ]
	has "$(verdict prod-web2)" 'failed' 'left out of service'
	state_is prod-web1 UP
	state_is prod-web2 DRAIN
	[ "$(owed)" = 'prod-web2 service' ]
	run_cli 0 status
	has "$output" 'prod-web2 is out of service since'
	run_cli 0 why prod-web2
	has "$output" 'patchline undrain prod-web2'

	# Another try, and it is still not well.
	run_cli 1 promote 2.2 --to production
	state_is prod-web2 DRAIN

	# Well again: it has nothing to change, is proved, and is back.
	on prod-web2 rm /run/sick
	run_cli 0 promote 2.2 --to production
	state_is prod-web2 UP
	[ "$(owed)" = '' ]
}

# bats test_tags=long
@test "load is given back by hand, and refused where none is owed" {
	begin_balanced 'health: ["test ! -e /run/sick"]' 'patience: 2s'
	put_hello true
	on prod-web1 touch /run/sick
	run_cli 1 promote 2.2 --to production
	state_is prod-web1 DRAIN
	state_is prod-web2 UP
	run_cli 3 undrain prod-web2
	run_cli 0 undrain prod-web1 --reason 'the check was wrong' --json
	fits undrain
	state_is prod-web1 UP
	[ "$(owed)" = '' ]
	run_cli 0 log --subject prod-web1
	has "$output" 'the check was wrong'
}

# bats test_tags=long
@test "a controller killed while a host is drained: the same promote again ends with both in service" {
	local controller

	begin_balanced
	put_hello 'sleep 4'
	open_shop
	"$PATCHLINE" promote 2.2 --to production >first 2>&1 3>&- &
	controller=$!
	wait_until state_is prod-web1 DRAIN
	kill -KILL $controller
	wait $controller || :
	state_is prod-web1 DRAIN
	has "$(owed)" 'prod-web1 service'
	run_cli 0 promote 2.2 --to production
	close_shop
	[ "$(cat failed)" = '' ]
	state_is prod-web1 UP
	state_is prod-web2 UP
	[ "$(owed)" = '' ]
	run_cli 0 verify
}

# bats test_tags=long
@test "a balancer that is reloaded by its own patches is told again who stays out" {
	begin_balanced 'health: ["test ! -e /run/sick"]' 'patience: 2s'
	sed -i 's/failure-budget: 0/failure-budget: 100%/; /^      - name: web/a\        wave-budget: 100%' patchline.yaml
	put_hello 'if [ -e /etc/haproxy ]; then systemctl reload haproxy; fi'
	on prod-web2 touch /run/sick
	open_shop
	run_cli 1 promote 2.2 --to production
	close_shop
	[ "$(cat failed)" = '' ]
	is_at prod-lb1 lab-hello 1.1
	state_is prod-web1 UP
	state_is prod-web2 DRAIN
	has "$("$PATCHLINE" show "$(last_rollout)" --log prod-lb1)" 'gets no new sessions'
}

# bats test_tags=long
@test "a balancer that cannot be reached fails the drain by name, and the host is not touched" {
	begin_balanced
	put_hello true
	lab power off prod-lb1
	run_cli 1 promote 2.2 --to production
	lab power on prod-lb1
	has "$(verdict prod-web1)" failed "drain: load balancer 'prod-lb1'"
	[ "$(upgrades prod-web1 lab-hello)" = 0 ]
}
