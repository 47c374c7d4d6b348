#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh ROLLOUT STEP SIZE ARGUMENT... - run a step detached from the connection, once, and follow it to its end.
# run.sh ROLLOUT STEP collect - follow the step of that name to its end, whoever began it; begin nothing.
#
# Standard input: the step's program (SIZE bytes), then the step's own input. Everything about it is kept in
# /var/lib/patchline/ROLLOUT/STEP/: program, input, arguments, hash (of the three), started (time, boot id),
# pid, output, status (exit status, time). A step that was begun is not begun again: this follows it, or tells what
# came of it. One that was not, however far who asked for it came, is begun by whoever asks next.
# Standard output is the step's output from its first byte. Standard error has "patchline: new" or "patchline: there",
# and in its last line "patchline: done STATUS STARTED ENDED", "patchline: interrupted STARTED", "patchline: taken"
# (begun with another program, arguments or input) or "patchline: absent" (to be collected, and never begun).
#
# What makes it once: who begins it holds the lock of its journal, and hands it to the step's keeper. `started` is
# on the disk before the program may begin; `pid` is there before it does. So a step that nobody holds, without `started`, or
# without `pid` in the boot that `started` names, was never begun. Nothing is said before: the connection may be gone, and
# whoever speaks then is ended by it.
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

# What the host is asked to run, in a directory of this process's own.
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
	printf '%s\n' "${hash%% *}" >"$fresh/hash" || fail "cannot write to $root"
}

# Becomes the step's program, after it has told who it is: its process number and when that was born.
# shellcheck disable=SC2016
starter='echo "$$ $(cut -d " " -f 22 /proc/$$/stat)" >pid.new && mv pid.new pid && exec sh program "$@" 9>&-'

# Waits for the program. It holds the lock (9), so that between the program's end and its recorded status nobody
# takes the step for dead; the program does not get to inherit the lock. There is room for the status already,
# for a step that filled the disk.
# shellcheck disable=SC2016
keeper='sh -c "$0" patchline-step "$@" <input >output 2>&1
	status=$?
	[ -e pid ] || exit 1
	printf "%-40s\n" "$status $(date +%s)" 1<>status.new && sync status.new && mv status.new status && sync .'

# With the lock held. The step's journal, on the disk.
record() {
	rm -f "$journal/started" "$journal/output" &&
		mv "$fresh/program" "$fresh/input" "$fresh/arguments" "$fresh/hash" "$journal" &&
		cd "$journal" && printf '%-40s\n' '' >status.new &&
		printf '%s %s\n' "$(date +%s)" "$(cat "$boot_id")" >started.new && sync started.new status.new &&
		mv started.new started && sync . .. ../..
}

# Asked while nobody holds the lock.
is_begun() {
	read -r _ boot 2>/dev/null <"$journal/started" || return 1
	[ -e "$journal/pid" ] || [ "$boot" != "$(cat "$boot_id")" ]
}

# True while the step runs: its lock is held, or (its keeper having been killed) its process is still the one
# that was started.
is_running() {
	[ -e "$journal/lock" ] || return 1
	flock -n -s "$journal/lock" true || return 0
	read -r _ boot 2>/dev/null <"$journal/started" && [ "$boot" = "$(cat "$boot_id")" ] || return 1
	read -r pid born 2>/dev/null <"$journal/pid" || return 1
	[ "$(cut -d ' ' -f 22 "/proc/$pid/stat" 2>/dev/null)" = "$born" ]
}

# Begins it, unless it was begun, or somebody is at it this very moment; `word` says which.
begin() {
	word=there
	mkdir -p "$journal" || fail "cannot make $journal"
	exec 9>>"$journal/lock"
	if flock -n 9 && ! is_begun; then
		record || fail "cannot write to $journal"
		setsid sh -c "$keeper" "$starter" "$@" </dev/null >/dev/null 2>&1 &
		word=new
	fi
	exec 9>&-
}

# Print what is there of the output behind the bytes that were printed before.
print_output() {
	size=$(stat -c %s "$journal/output" 2>/dev/null || echo 0)
	[ "$size" -gt "$shown" ] || return 0
	tail -c "+$((shown + 1))" "$journal/output" | head -c "$((size - shown))" || exit 1
	shown=$size
}

# To the end of the step. False when it was never begun.
follow() {
	shown=0
	while is_running; do
		print_output
		flock -s -w 0.5 "$journal/lock" true && is_running && sleep 0.2 # the last: its keeper was killed
	done
	is_begun || return 1
	print_output
	read -r started _ <"$journal/started"
	if read -r status ended 2>/dev/null <"$journal/status"; then
		echo "patchline: done $status $started $ended" >&2
	else
		echo "patchline: interrupted $started" >&2
	fi
}

# Begin it or find it begun, and follow it.
run() {
	while :; do
		begin "$@"
		while is_running && [ ! -e "$journal/started" ]; do
			sleep 0.02
		done
		[ -e "$journal/started" ] || continue
		if [ $word = there ] && ! cmp -s "$journal/hash" "$fresh/hash"; then
			echo "patchline: taken" >&2
			return
		fi
		echo "patchline: $word" >&2
		follow && return
		[ $word = there ] || fail "cannot begin the step: its program did not come to run"
	done
}

for name in "$1" "$2"; do
	case $name in
	'' | .* | sets | *[!A-Za-z0-9._-]*) fail "'$name' is no name for a rollout or a step" ;;
	esac
done
journal=$root/$1/$2
if [ "$3" = collect ]; then
	follow || echo "patchline: absent" >&2
	exit 0
fi
size=$3
fresh=$root/$1/.new.$$
mkdir -p "$fresh" || fail "cannot make $fresh"
trap 'rm -rf "$fresh"' EXIT
chmod 755 "$root"
shift 3
receive "$size" "$@"
run "$@"
