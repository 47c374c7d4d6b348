#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Clones: production again, behind a fence, and gone without a trace.

load ../cli/helper
load lab
load clone

# Cannot be reached from the clone, and says so at once: nobody waits there for a time limit.
cut_off() {
	local began=$EPOCHSECONDS

	! in_clone prod-web1 "curl -sS -m 20 telnet://$1 </dev/null" 2>said || {
		echo "$1 was reached"
		return 1
	}
	[ $((EPOCHSECONDS - began)) -lt 5 ] || {
		echo "$1 was waited for"
		return 1
	}
}

# Something of the controller's that the originals reach.
controller_listens() {
	python3 -c 'import socket
server = socket.create_server(("0.0.0.0", 9999))
while True: server.accept()[0].close()' 3>&- &
	LISTENER=$!
	wait_until on prod-web1 'curl -sS -m 3 telnet://10.77.4.1:9999 </dev/null'
}

@test "a clone of the shop is the shop, reaches nothing, and production does not notice" {
	begin_shop
	controller_listens
	on prod-web1 'curl -sS -m 3 telnet://10.77.0.20:80 </dev/null & sleep 0.3; kill $!'
	customer_comes
	run_cli 0 clone production --json
	fits clone
	[ "$(jq -r .clone <<<"$output")" = "$CLONE" ]
	customer_leaves
	none_failed
	[ "$(awk '/longest time/ { print ($(NF - 1) < 2) }' <<<"$(lab client --verify production orders)")" = 1 ]

	# The shop works in it: an order is paid and confirmed, as far as the shop can tell.
	before=$(sql prod-db1 'SELECT count(*) FROM orders')
	world=$(lab world payments production | wc -l)
	mails=$(lab world mail production | wc -l)
	run_cli 0 test "$CLONE" smoke checkout --json
	answers '[.tests[].outcome] | unique' '["passed"]'
	[ "$(sql clone "SELECT count(*) FROM orders WHERE email = 'test@shop.example'")" = 1 ]

	# Nothing of it came to production, or to the world; the sink has it.
	[ "$(sql prod-db1 'SELECT count(*) FROM orders')" = "$before" ]
	[ "$(lab world payments production | wc -l)" = "$world" ]
	[ "$(lab world mail production | wc -l)" = "$mails" ]
	run_cli 0 show "$CLONE"
	has "$output" smtp http test@shop.example

	# Hosts have their names and addresses, and see one another.
	[ "$(in_clone prod-web1 hostname)" = prod-web1 ]
	has "$(in_clone prod-web1 'ip -4 address')" 10.77.4.11
	in_clone prod-web1 'curl -fsS -m 5 http://10.77.4.13/only-in-the-clone' >said 2>&1 || :
	[ "$(in_clone prod-web2 'grep -c only-in-the-clone /var/log/nginx/access.log')" = 1 ]
	[ "$(on prod-web2 'grep -c only-in-the-clone /var/log/nginx/access.log || :')" = 0 ]

	# Customers are masked there, and only there.
	[ "$(sql clone "SELECT count(*) FROM customers WHERE email NOT LIKE '%@masked.invalid' AND email NOT LIKE 'test@%'")" = 0 ]
	[ "$(sql prod-db1 "SELECT count(*) FROM customers WHERE email LIKE '%@masked.invalid'")" = 0 ]

	# No way out: another environment's database, the world, the mirror, the controller, a name.
	for place in 10.77.2.12:5432 10.77.0.20:22 10.77.0.10:22 10.77.4.1:9999 10.77.4.1:22 192.0.2.1:443; do
		cut_off "$place"
	done
	lacks "$(in_clone prod-web1 'curl -s -m 5 http://10.77.0.10/lab/dists/ || :')" stable
	! in_clone prod-web1 'getent ahosts example.org' || false
	kill "$LISTENER"
	LISTENER=

	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
	run_cli 0 clones
	lacks "$output" "$CLONE"
	run_cli 0 verify
}

@test "two clones at once do not see each other, and production none of them" {
	begin_single prod-web1
	"$PATCHLINE" clone production >first 2>&1 3>&- &
	run_cli 0 clone production --json
	wait $!
	run_cli 0 clones --json
	fits clones
	answers '[.[].name] | sort' '["production/clone-1","production/clone-2"]'
	answers '[.[].state] | unique' '["running"]'
	in_clone prod-web1 'touch /root/mine'
	CLONE=production/clone-2
	[ "$(in_clone prod-web1 'ls /root')" = "" ]
	[ "$(on prod-web1 'ls /root')" = "" ]
	run_cli 0 status
	lacks "$output" clone-2
	run_cli 0 clone remove production/clone-1 production/clone-2 --yes
	nothing_left
}

@test "a host that is down is named, and nothing is left of the attempt" {
	begin_single prod-web1,prod-web2
	lab power off prod-web2
	run_cli 3 clone production
	has "$stderr" prod-web2
	lab power on prod-web2
	run_cli 0 clones --json
	for clone in $(jq -r '.[].name' <<<"$output"); do
		run_cli 0 clone remove "$clone" --yes
	done
	nothing_left
}

@test "personal data is not cloned without a program that masks it, nor started when that fails" {
	begin_single prod-web1
	sed -i 's/^    clone: {provider/    personal-data: true\n&/' patchline.yaml
	run_cli 2 clone production
	has "$stderr" sanitize
	nothing_left

	printf '#!/bin/sh\necho the mask does not fit\nexit 1\n' >mask
	sed -i 's/^        release-check:/        sanitize: [mask]\n&/' patchline.yaml
	run_cli 3 clone production
	has "$stderr" "the mask does not fit"
	run_cli 0 clones --json
	answers '[.[] | [.name, .state]]' '[["production/clone-1","making"]]'

	printf '#!/bin/sh\ntest ! -e /run/nginx.pid\necho masked >/etc/masked\n' >mask
	run_cli 0 resume
	[ "$(in_clone prod-web1 'cat /etc/masked')" = masked ]
	! on prod-web1 test -e /etc/masked || false
	run_cli 0 show "$CLONE"
	has "$output" mask
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}

# The lab's disk has less left than machines need to boot.
fill_disk() {
	local free

	free=$(df -B1 --output=avail "$PATCHLINE_LAB/mount/disk" | tail -n 1)
	fallocate -l $((free - (20 << 20))) "$PATCHLINE_LAB/mount/disk/ballast"
}

@test "a full disk is told, what was begun is taken back, and there is a clone when there is room" {
	begin_single prod-web1
	fill_disk
	run_cli 1 clone production
	has "$stderr" "MB free"
	rm "$PATCHLINE_LAB/mount/disk/ballast"
	on prod-web1 true
	run_cli 0 resume
	clone_is .state '"running"'
	run_cli 0 clone remove "$CLONE" --yes
	nothing_left
}

# bats test_tags=long
@test "what is past its time or belongs to nobody is listed, and removed on request" {
	begin_single prod-web1
	run_cli 0 clone production --expires 1s
	sleep 1.1
	run_cli 0 clones --expired
	has "$output" "$CLONE"
	run_cli 0 clone remove --expired --dry-run
	run_cli 0 clone remove --expired --yes
	nothing_left
	run_cli 0 clones --json
	answers . '[]'

	# The store is lost, and what it knew is still there.
	run_cli 0 clone production
	mv state lost
	run_cli 0 clones --orphaned
	has "$output" production-clone-2-
	run_cli 0 clones --orphaned --json
	run_cli 0 clone remove --orphaned --made-by "$(jq -r '.[0].installation' <<<"$output")" --yes
	nothing_left

	# And the other way round.
	rm -rf state
	mv lost state
	run_cli 0 clones --orphaned
	has "$output" production/clone-2
	run_cli 0 clone remove --orphaned --yes
	run_cli 0 clones --json
	answers . '[]'
}
