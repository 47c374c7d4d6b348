#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh ROLLOUT STEP SIZE ARGUMENT... - run a step detached from the connection, once, and follow it to its end.
#
# Standard input: the step's program (SIZE bytes), then the step's own input. Everything about it is kept in
# /var/lib/patchline/ROLLOUT/STEP/: program, input, arguments, hash (of the three), started (time, boot id),
# pid, output, status (exit status, time). A step of that name that is there already is not started again: this
# follows it, or tells what came of it. Standard output is the step's output from its first byte; the last line
# of standard error is "patchline: done STATUS STARTED ENDED", "patchline: interrupted STARTED" or
# "patchline: taken", after "patchline: new" or "patchline: there".
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077

root=${PATCHLINE_ROOT:-/var/lib/patchline}
boot_id=/proc/sys/kernel/random/boot_id

fail() {
	echo "$1" >&2
	exit 1
}

# What the host is asked to run, in a directory that has no name yet.
receive() {
	if ! head -c "$1" >"$fresh/program" || ! cat >"$fresh/input"; then
		fail "cannot write to $root"
	fi
	[ "$(stat -c %s "$fresh/program")" = "$1" ] || fail "the program did not arrive whole"
	shift
	for argument in "$@"; do
		printf '%s\n' "$argument"
	done >"$fresh/arguments"
	hash=$(cat "$fresh/program" "$fresh/arguments" "$fresh/input" | sha256sum) || fail "cannot hash the step"
	printf '%s\n' "${hash%% *}" >"$fresh/hash"
}

# Becomes the step's program, after it has told who it is: its process number and when that was born.
# shellcheck disable=SC2016
starter='echo "$$ $(cut -d " " -f 22 /proc/$$/stat)" >pid; exec sh program "$@"'

# Waits for the program. It holds the lock, so that between the program's end and its recorded status nobody
# takes the step for dead; the program does not get to inherit the lock.
# shellcheck disable=SC2016
keeper='exec 9>lock && flock -n 9 || exit 1
	: >ready
	sh -c "$0" patchline-step "$@" 9>&- <input >output 2>&1
	printf "%s %s\n" $? "$(date +%s)" >status.new && sync status.new && mv status.new status'

launch() {
	cd "$journal" || fail "cannot enter $journal"
	printf '%s %s\n' "$(date +%s)" "$(cat "$boot_id")" >started
	setsid sh -c "$keeper" "$starter" "$@" </dev/null >/dev/null 2>&1 8>&- &
	while [ ! -e ready ] && kill -0 $! 2>/dev/null; do
		sleep 0.02
	done
}

# True while the step runs: its lock is held, or (its keeper having been killed) its process is still the one
# that was started.
is_running() {
	flock -n "$journal/lock" true || return 0
	read -r _ boot <"$journal/started" && [ "$boot" = "$(cat "$boot_id")" ] || return 1
	read -r pid born 2>/dev/null <"$journal/pid" || return 1
	[ "$(cut -d ' ' -f 22 "/proc/$pid/stat" 2>/dev/null)" = "$born" ]
}

# Print what is there of the output behind the bytes that were printed before.
print_output() {
	size=$(stat -c %s "$journal/output" 2>/dev/null || echo 0)
	[ "$size" -gt "$shown" ] || return 0
	tail -c "+$((shown + 1))" "$journal/output" | head -c "$((size - shown))" || exit 1
	shown=$size
}

follow() {
	shown=0
	pause=0.05
	while is_running; do
		print_output
		sleep $pause
		pause=0.2
	done
	print_output
	read -r started _ <"$journal/started" || started=0
	if read -r status ended 2>/dev/null <"$journal/status"; then
		echo "patchline: done $status $started $ended" >&2
	else
		echo "patchline: interrupted $started" >&2
	fi
}

for name in "$1" "$2"; do
	case $name in
	'' | .* | sets | *[!A-Za-z0-9._-]*) fail "'$name' is no name for a rollout or a step" ;;
	esac
done
journal=$root/$1/$2
size=$3
fresh=$root/$1/.new.$$
mkdir -p "$fresh" || fail "cannot make $fresh"
trap 'rm -rf "$fresh"' EXIT
chmod 755 "$root"
shift 3
receive "$size" "$@"

# One at a time looks whether the step is there, and starts it.
exec 8>"${journal%/*}/.lock"
flock 8
if [ -e "$journal" ]; then
	if ! cmp -s "$journal/hash" "$fresh/hash"; then
		echo "patchline: taken" >&2
		exit 0
	fi
	echo "patchline: there" >&2
else
	mv "$fresh" "$journal" || fail "cannot make $journal"
	echo "patchline: new" >&2
	(launch "$@")
fi
exec 8>&-
follow
