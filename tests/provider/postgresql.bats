#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# providers/hooks/postgresql-*: files copied one by one under a writing server become a database that has all and only what was
# committed, and is sound.
bats_require_minimum_version 1.5.0

setup() {
	HOOKS=$BATS_TEST_DIRNAME/../../providers/hooks
	BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
	[ "$(id -u)" = 0 ] || skip "root acts for the user postgres"
	[ -x "$BIN/initdb" ] && command -v rsync >/dev/null || skip "not installed: postgresql rsync"
	WORK=$(mktemp -d)
	chown postgres "$WORK"
	cd "$WORK" || return
	as "$BIN/initdb" -D data -U postgres -A trust -N >/dev/null
	printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$WORK'" 'wal_recycle = off' >>data/postgresql.conf
	server start data
}

teardown() {
	[ -z "${WORK-}" ] || {
		touch "$WORK/stop"
		exec 7>&- || :
		server stop data || :
		wait
		rm -rf "$WORK"
	}
}

as() { runuser -u postgres -- "$@"; }
server() { as "$BIN/pg_ctl" -D "$WORK/$2" -w -m fast -l "$WORK/log" "$1" >/dev/null 3>&-; }
ask() { as psql -h "$WORK" -XAtqc "$1"; }

# Writes until told to stop; what is in `acknowledged` was committed.
write() {
	local number=0

	ask 'CREATE TABLE orders (number int PRIMARY KEY, text text)'
	while [ ! -e stop ]; do
		number=$((number + 1))
		echo "INSERT INTO orders VALUES ($number, repeat('x', 3000));"
		[ $((number % 50)) -ne 0 ] || echo "\\! echo $number >acknowledged.new && mv acknowledged.new acknowledged"
		[ $((number % 2000)) -ne 0 ] || echo "CHECKPOINT;"
	done | as psql -h "$WORK" -XAtq
}

# As the group's `quiesce`; descriptor 7 holds it.
quiesce() {
	mkfifo held
	"$HOOKS/postgresql-quiesce" -h "$WORK" <held >said 2>complaint 3>&- &
	local program=$!

	exec 7>held
	for _ in {1..200}; do
		! grep -q ready said || return 0
		kill -0 $program 2>/dev/null || return 1
		sleep 0.05
	done
	return 1
}

# In the copy, what was data is data: it stands in its place.
in_copy() { unshare --mount bash -c 'mount --bind copy data && exec "$@"' copy "$@"; }

@test "a copy made while the server writes is whole after the two programs" {
	local at_begin at_end copied

	write 3>&- &
	until [ -s acknowledged ]; do sleep 0.05; done
	quiesce
	at_begin=$(cat acknowledged)
	rsync -a data/ copy/ || [ $? = 24 ]
	at_end=$(cat acknowledged)
	for _ in {1..200}; do # some more that the copied files cannot have
		[ "$(cat acknowledged)" -lt $((at_end + 500)) ] || break
		sleep 0.05
	done
	at_end=$(cat acknowledged)
	exec 7>&-
	wait %2
	[ "$(ask 'SELECT count(*) FROM pg_replication_slots')" = 0 ]
	[ "$(head -n 2 said)" = "ready
postgresql-backup $WORK/data" ]
	touch stop
	wait %1
	server stop data
	sed 1d said >input
	run -0 in_copy "$HOOKS/postgresql-backup-label" <input
	[[ $output == *"backup label and "*"files of WAL"* ]]
	[ "$(stat -c %U copy/backup_label)" = postgres ]
	server start copy
	copied=$(ask 'SELECT count(*) FROM orders')
	[ "$copied" -ge "$at_end" ] && [ "$at_end" -gt "$at_begin" ]
	[ "$(ask 'SELECT count(*), min(number) FROM orders WHERE length(text) = 3000')" = "$copied|1" ]
	[ "$(ask 'SELECT max(number) FROM orders')" = "$copied" ]
	as "$BIN/pg_amcheck" -h "$WORK" --install-missing --heapallindexed postgres
	server stop copy
}

@test "the programs refuse what they cannot make whole" {
	echo nonsense >input
	run -1 "$HOOKS/postgresql-backup-label" <input
	[[ $output == *"not what postgresql-quiesce prints"* ]]
	run -1 "$HOOKS/postgresql-backup-label" </dev/null
	echo "postgresql-backup $WORK/nowhere" >input
	run -1 "$HOOKS/postgresql-backup-label" <input
	[[ $output == *"no database in $WORK/nowhere"* ]]
	server stop data
	run ! quiesce
	grep -q 'connection to server' complaint
	touch data/standby.signal
	server start data
	rm held
	run ! quiesce
	grep -q 'standby' complaint
}

@test "a quiesce whose connection is lost ends its backup" {
	quiesce
	[ "$(ask "SELECT count(*) FROM pg_replication_slots")" = 1 ]
	exec 7>&-
	wait %1
	[ "$(ask "SELECT count(*) FROM pg_replication_slots")" = 0 ]
}
