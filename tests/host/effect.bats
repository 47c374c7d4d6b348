#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Whose is a process that runs on a file that was replaced? A table of processes, in a folder that stands in for /proc.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	host=$BATS_TEST_DIRNAME/../../host
	export PATH=$PWD/bin:$PATH
	mkdir bin proc
	printf 'cpu 1 2 3\nbtime 1796000000\n' >proc/stat
	cat >bin/systemctl <<-'SH'
		#!/bin/sh
		separator=
		while [ "$1" != -- ]; do shift; done
		shift
		for unit; do
			printf '%s' "$separator"
			separator='
		'
			cat "units/$unit" 2>/dev/null
			echo "Id=$unit"
		done
	SH
	chmod +x bin/systemctl
	mkdir units
}

# process PID PARENT TERMINAL UID LOGIN - one, with a name that is meant to be misread.
process() {
	mkdir -p "proc/$1"
	echo "$1 (a) 1 2 (b) S $2 $1 $1 $3 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 36000 0 0" >"proc/$1/stat"
	printf 'Name:\ta\nUid:\t%s\t0\t0\t0\n' "$4" >"proc/$1/status"
	printf '%s' "$5" >"proc/$1/loginuid"
}

# unit NAME MAIN KILLMODE
unit() {
	printf 'KillMode=%s\nMainPID=%s\n' "$3" "$2" >"units/$1"
}

# judged FUNCTION [systemd|none] - what it says of the lines "UNIT PID PATH" of standard input.
judged() {
	cat >stale
	dash -uc '
		. "$1/lib/service.sh"
		. "$1/lib/effect.sh"
		processes=$PWD/proc
		case $3 in systemd) has_systemd() { :; } ;; *) has_systemd() { false; } ;; esac
		stale_processes() { cat stale; }
		$2' judged "$host" "$1" "${2:-systemd}"
}

NOBODY=4294967295

@test "a person's session in a service's cgroup is told, and the service is not blamed" {
	unit ssh.service 100 process
	process 100 1 0 0 $NOBODY
	process 510 1 0 0 0       # sshd: anna [priv], older than the restart
	process 511 510 0 1000 0  # sshd: anna@pts/0
	process 600 100 0 0 1000  # came after the restart, and its shell runs on another old file
	for pid in 510 511 600; do echo "ssh.service $pid /lib/libcrypto.so.3"; done >rows
	[ -z "$(judged stale_units <rows)" ]
	[ "$(judged stale_sessions <rows)" = "uid:0 1796000360 ssh.service 510 /lib/libcrypto.so.3
uid:1000 1796000360 ssh.service 600 /lib/libcrypto.so.3" ]
}

@test "the main process of a service and its own workers are the service's, whatever its KillMode" {
	for mode in process control-group mixed; do
		unit postgresql.service 200 $mode
		process 200 1 0 101 $NOBODY
		process 201 200 0 101 $NOBODY
		process 202 201 0 101 $NOBODY
		[ "$(echo postgresql.service 200 /lib/a | judged stale_units)" = "postgresql.service 200 /lib/a" ]
		[ "$(echo postgresql.service 202 /lib/a | judged stale_units)" = "postgresql.service 202 /lib/a" ]
		[ -z "$(echo postgresql.service 202 /lib/a | judged stale_sessions)" ]
	done
}

@test "what a service leaves alone when it is restarted is told, and only where it does so on purpose" {
	process 300 1 0 0 $NOBODY
	process 290 1 0 0 $NOBODY
	unit containerd.service 300 process
	[ "$(echo containerd.service 290 /lib/a | judged stale_sessions)" = "kept 1796000360 containerd.service 290 /lib/a" ]
	[ -z "$(echo containerd.service 290 /lib/a | judged stale_units)" ]
	unit other.service 300 control-group
	[ "$(echo other.service 290 /lib/a | judged stale_units)" = "other.service 290 /lib/a" ]
	unit gone.service 0 process # nobody can say what descends from its main process
	[ "$(echo gone.service 290 /lib/a | judged stale_units)" = "gone.service 290 /lib/a" ]
}

@test "a terminal is a person's, a scope of a session is too, a getty that waits is its service's" {
	unit getty@tty1.service 400 process
	process 400 1 1025 0 $NOBODY
	process 401 400 1025 1000 $NOBODY
	process 402 1 0 1001 $NOBODY
	[ "$(echo getty@tty1.service 400 /lib/a | judged stale_units)" = "getty@tty1.service 400 /lib/a" ]
	[ "$(echo getty@tty1.service 401 /lib/a | judged stale_sessions)" = "uid:1000 1796000360 getty@tty1.service 401 /lib/a" ]
	[ "$(echo session-3.scope 402 /lib/a | judged stale_sessions)" = "uid:1001 1796000360 session-3.scope 402 /lib/a" ]
}

@test "without systemd a login uid says nothing: a daemon has that of who started it" {
	process 500 1 0 0 1000
	[ "$(echo cron.service 500 /lib/a | judged stale_units none)" = "cron.service 500 /lib/a" ]
	[ -z "$(echo cron.service 500 /lib/a | judged stale_sessions none)" ]
	process 501 1 34816 0 1000
	[ -z "$(echo - 501 /lib/a | judged stale_units none)" ]
}

@test "one line a unit, one a person in it, one a process that is of none" {
	unit a.service 700 mixed
	for pid in 700 701 702 703; do process $pid 1 0 0 $NOBODY; done
	printf '%s\n' "a.service 700 /x" "a.service 701 /y" "- 702 /x" "- 702 /y" "- 703 /x" >rows
	[ "$(judged stale_units <rows)" = "a.service 700 /x
- 702 /x
- 703 /x" ]
}

@test "it is told in words" {
	[ "$(dash -c '. "$1/lib/effect.sh"; session_words uid:0 1796000360 ssh.service' - "$host")" = \
		"root's session since $(date -u -d @1796000360 '+%Y-%m-%d %H:%M UTC')" ]
	[[ $(dash -c '. "$1/lib/effect.sh"; session_words kept 1796000360 ssh.service' - "$host") = "a process that ssh.service keeps when it is restarted, since "* ]]
}
