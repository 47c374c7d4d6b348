#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# haproxy.sh drain|undrain|state - take a server out of HAProxy's rotation and give it back, through the runtime socket.
#
# Runs on the load balancer's host. Standard input, one fact a line: balancer 1, socket PATH, backend NAME (several),
# server NAME-OR-ADDRESS, min-healthy N, timeout SECONDS, settle SECONDS, after-timeout go-on|fail, by-hand yes|no,
# end yes.
# Standard output: what was done; a line "warning: ..." is for people. Exit status: 0, or 1 with the reason on standard
# error. Doing it again is fine. A server that somebody else took out stays as it is, unless a person says otherwise: ours
# are in /var/lib/patchline/haproxy/, one file each.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

marks=${PATCHLINE_ROOT:-/var/lib/patchline}/haproxy

die() {
	printf '%s\n' "$*" >&2
	exit 1
}

# values WORD - the rest of every line of the input that starts with it.
values() {
	printf '%s\n' "$input" | sed -n "s/^$1 //p"
}

# tell COMMAND - what HAProxy answers. Its client is socat, else the perl that every Debian has.
tell() {
	if command -v socat >/dev/null 2>&1; then
		printf '%s\n' "$1" | socat -t 10 - "UNIX-CONNECT:$socket"
		return
	fi
	# shellcheck disable=SC2016 # the dollars are perl's
	perl -e 'use IO::Socket::UNIX; alarm 10;
		my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\n";
		print $s "$ARGV[1]\n"; $s->flush; print while <$s>' "$socket" "$1"
}

# ask COMMAND - likewise, into $answer; dies when nobody answers.
ask() {
	[ -S "$socket" ] || die "there is no runtime socket $socket: is HAProxy running, and does its 'global' section say" \
		"'stats socket $socket level admin'?"
	answer=$(tell "$1" 2>&1) || die "HAProxy does not answer on $socket: $answer; see: systemctl status haproxy"
}

# order COMMAND - one that answers nothing when it was done.
order() {
	ask "$1"
	case $answer in
	*ermission\ denied*) die "HAProxy refuses '$1' on $socket: it wants 'level admin' there" ;;
	*[!\ ]*) die "HAProxy refuses '$1': $answer" ;;
	esac
}

# find BACKEND - the server's name there, into $found.
find() {
	ask "show servers state"
	known=$(printf '%s\n' "$answer" | awk '$1 ~ /^[0-9]+$/ && NF > 10 { print $2 }' | sort -u | tr '\n' ' ')
	servers=$(printf '%s\n' "$answer" | awk -v backend="$1" '$1 ~ /^[0-9]+$/ && $2 == backend { print $4, $5, $19 }')
	[ -n "$servers" ] || die "HAProxy has no backend '$1' with servers; there are: $known"
	found=$(printf '%s\n' "$servers" | awk -v server="$server" '
		$1 == server || $2 == server || $2 ":" $3 == server { print $1; exit }')
	[ -n "$found" ] || die "backend '$1' has no server '$server'; there are:" \
		"$(printf '%s\n' "$servers" | awk '{ printf "%s%s (%s)", sep, $1, $2; sep = ", " }')"
}

# SERVER SESSIONS CHECK STATUS of a backend, one line a server, into $answer.
look() {
	ask "show stat"
	answer=$(printf '%s\n' "$answer" | awk -F, -v backend="$1" '
		sub(/^# /, "") { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 == backend && $2 != "BACKEND" && $2 != "FRONTEND" {
			print $2, $(at["scur"]) + $(at["qcur"]), $(at["check_status"]) ? $(at["check_status"]) : "-", $(at["status"])
		}')
}

# see BACKEND SERVER - $sessions, $check and $status of one.
see() {
	look "$1"
	line=$(printf '%s\n' "$answer" | awk -v server="$2" '$1 == server')
	[ -n "$line" ] || die "HAProxy tells nothing of $1/$2"
	status=${line#* * * }
	sessions=${line#* }
	sessions=${sessions%% *}
	check=${line#* * }
	check=${check%% *}
}

is_out() {
	case $status in
	DRAIN* | MAINT*) return 0 ;;
	*) return 1 ;;
	esac
}

is_up() {
	case $status in
	UP* | "no check") return 0 ;;
	*) return 1 ;;
	esac
}

mark() {
	printf '%s/%s:%s\n' "$marks" "$1" "$2"
}

has_time() {
	[ "$(date +%s)" -lt "$deadline" ]
}

# ---- out ----

# others BACKEND SERVER - how many others are up, into $up, and what the rest is, into $rest.
others() {
	look "$1"
	answer=$(printf '%s\n' "$answer" | awk -v server="$2" '$1 != server')
	up=$(printf '%s\n' "$answer" | grep -Ec ' (UP( [0-9/]+)?|no check)$')
	rest=$(printf '%s\n' "$answer" | grep -Ev ' (UP( [0-9/]+)?|no check)$' | awk 'NF { printf "; %s is %s", $1, $4 }')
}

# take_out BACKEND SERVER - 2 when too few others are up at this moment. Under a lock: two hosts at a time would
# each find the other one up.
take_out() {
	see "$1" "$2"
	if is_out; then
		[ -e "$(mark "$1" "$2")" ] ||
			echo "warning: $1/$2 was $status already and stays so afterwards: somebody else took it out"
		return 0
	fi
	others "$1" "$2"
	[ "$up" -ge "$(values min-healthy)" ] || return 2
	: >"$(mark "$1" "$2")" || die "cannot write below $marks"
	order "set server $1/$2 state drain"
	echo "$1/$2: gets no new sessions; others up: $up"
}

# take_out_when_enough BACKEND SERVER - wait for the others.
take_out_when_enough() {
	while :; do
		(
			flock 9
			take_out "$1" "$2"
		) 9>"$marks/lock"
		case $? in
		0) return ;;
		2) ;;
		*) exit 1 ;;
		esac
		others "$1" "$2"
		has_time || die "$1/$2 stays in service: the others that are up are $up, min-healthy is" \
			"$(values min-healthy)$rest"
		sleep 1
	done
}

# no_sessions BACKEND SERVER - wait for them to end.
no_sessions() {
	see "$1" "$2"
	while [ "$sessions" -gt 0 ]; do
		has_time || return 1
		sleep 0.3
		see "$1" "$2"
	done
	echo "$1/$2: its last session has ended"
}

# Those that have not ended may stay, but their next request goes elsewhere.
go_on() {
	words="$sessions session(s) of $1/$2 had not ended within $(values timeout) s"
	[ "$(values after-timeout)" = go-on ] || die "$words"
	order "set server $1/$2 state maint"
	echo "warning: $words"
}

drain() {
	mkdir -p "$marks" || exit 1
	for backend in $backends; do
		find "$backend"
		take_out_when_enough "$backend" "$found"
	done
	for backend in $backends; do
		find "$backend"
		no_sessions "$backend" "$found" || go_on "$backend" "$found"
	done
	sleep "$(values settle)"
}

# ---- in ----

# up BACKEND SERVER - wait until HAProxy's own check finds it well.
up() {
	until see "$1" "$2" && is_up; do
		has_time || die "$1/$2 is $status by HAProxy's own check ($check) after $(values timeout) s;" \
			"it gets sessions again by itself as soon as that succeeds"
		sleep 0.3
	done
}

# After maintenance HAProxy takes a server for well until a check has failed: it is checked first, while it drains.
put_in() {
	see "$1" "$2"
	case $status in
	MAINT*)
		order "set server $1/$2 state drain"
		order "enable health $1/$2"
		sleep "$(values settle)"
		;;
	esac
	order "set server $1/$2 state ready"
	up "$1" "$2"
	sleep "$(values settle)"
	up "$1" "$2"
	rm -f "$(mark "$1" "$2")"
	echo "$1/$2: $status"
}

undrain() {
	for backend in $backends; do
		find "$backend"
		see "$backend" "$found"
		if is_out && [ "$(values by-hand)" != yes ] && [ ! -e "$(mark "$backend" "$found")" ]; then
			echo "warning: $backend/$found is $status by somebody else's hand: it stays so until 'set server" \
				"$backend/$found state ready'"
		else
			put_in "$backend" "$found"
		fi
	done
}

# ---- look ----

state() {
	for backend in $backends; do
		find "$backend"
		see "$backend" "$found"
		echo "$backend/$found: $status, $sessions session(s), last check $check"
	done
}

input=$(cat)
if [ "$(values balancer)" != 1 ] || [ "$(values end)" != yes ]; then
	die "the order did not arrive whole"
fi
socket=$(values socket)
server=$(values server)
backends=$(values backend)
deadline=$(($(date +%s) + $(values timeout)))
case $1 in
drain | undrain | state) "$1" ;;
*) exit 2 ;;
esac
