#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# updaters.sh hold|free - hold off others that install packages by themselves; put them back exactly as they were.
#
# Standard input: the order. How each was is in /var/lib/patchline/updaters, on the disk before anything is changed, until
# all are back: both may be done again after they were cut off, and after a reboot. Exit status: 0, or 1 with what did
# not work in the last line. One that is installing right now is never stopped, but waited for. Run by run.sh.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

. ./lib/order.sh
. ./lib/service.sh
. ./lib/updaters.sh
. ./packages/state.sh

fail() {
	printf '%s\n' "$1"
	exit 1
}

# recorded KIND - the rest of its lines in the record.
recorded() {
	sed -n "s/^$1 //p" "$record"
}

# What an earlier hold has written down still counts: since then they are not as they were.
remember() {
	mkdir -p "${record%/*}" && {
		cat "$record" 2>/dev/null
		updaters_now
	} | awk '!seen[$1, $2]++' >"$record.new" && sync "$record.new" &&
		mv "$record.new" "$record" && sync "${record%/*}"
}

forbid_start() {
	recorded unit | while read -r unit _; do
		condition=$(updaters_condition "$unit")
		mkdir -p "${condition%/*}" && printf '%s\n' '# Patchline installs packages; gone when it has ended.' '[Unit]' \
			"ConditionPathExists=!$record" >"$condition" && sync "$condition" || exit 1
	done || return 1
	! has_systemd || systemctl daemon-reload
}

move_files() {
	recorded file | while read -r path; do
		[ ! -e "$path" ] || mv "$path" "$(updaters_moved "$path")" || exit 1
	done
}

# stop_units TIMERS-OR-SERVICES: a timer is stopped while what it started goes on.
stop_units() {
	recorded unit | while read -r unit _; do
		case $unit in
		*."$1") systemctl stop "$unit" || exit 1 ;;
		esac
	done
}

await_idle() {
	patience=$(order_value patience)
	until=$(($(date +%s) + patience))
	while running=$(packages_updaters_running) && [ -n "$running" ]; do
		[ "$(date +%s)" -lt "$until" ] || return 1
		sleep 1
	done
}

# A unit that still installs keeps its service; precheck names it, and does not let the host go on.
hold() {
	remember || fail "cannot write down in $record how other updaters are"
	forbid_start || fail "cannot hold off other updaters: $(recorded unit | cut -d ' ' -f 1 | tr '\n' ' ')"
	move_files || fail "cannot move away what cron starts: $(recorded file | tr '\n' ' ')"
	if has_systemd; then
		stop_units timer || fail "cannot stop the timers of other updaters"
		if await_idle; then
			stop_units service || fail "cannot stop other updaters"
		else
			printf 'installs packages right now, and did not end: %s\n' "$running"
		fi
	else
		echo "no systemd here: only what cron starts is held off"
		await_idle || printf 'installs packages right now, and did not end: %s\n' "$running"
	fi
	held=$(updaters_held | tr '\n' ' ')
	printf 'held off: %s\n' "${held:-nothing is here that installs packages by itself}"
}

allow_start() {
	for unit in $(packages_updater_units); do
		condition=$(updaters_condition "$unit")
		[ -e "$condition" ] || continue
		rm -f "$condition" || return 1
		rmdir "${condition%/*}" 2>/dev/null
		sync "${condition%/*/*}"
	done
	! has_systemd || systemctl daemon-reload
}

# A file that a package has put there meanwhile is the newer one.
move_back() {
	packages_updater_files | while read -r path; do
		moved=$(updaters_moved "$path")
		[ -e "$moved" ] || continue
		if [ -e "$path" ]; then
			rm -f "$moved"
		else
			mv "$moved" "$path" || exit 1
		fi
	done
}

# What was active is again. One without an [Install] section is started by whoever needs it, and ends by itself.
start_units() {
	recorded unit | while read -r unit file active; do
		case $file:$active in
		static:*) continue ;;
		*:active | *:activating) ;;
		*) continue ;;
		esac
		[ "$(systemctl show -P LoadState "$unit")" = loaded ] || continue
		systemctl start "$unit"
	done
}

# A line for each that is not as the record has it.
differing() {
	{
		updaters_now
		echo
		cat "$record"
	} | awk '
		NF == 0 { asked = 1; next }
		!asked { here[$1, $2] = 1; file[$2] = $3; active[$2] = $4; next }
		!(($1, $2) in here) { if ($1 == "file") print $2 " is not there"; next }
		$1 == "unit" && $3 != file[$2] { print $2 " was " $3 ", is " file[$2] }
		$1 == "unit" && $3 != "static" && is_up($4) != is_up(active[$2]) { print $2 " was " $4 ", is " active[$2] }
		function is_up(state) { return state ~ /^(active|activating|reloading)$/ }'
}

free() {
	allow_start || fail "cannot let other updaters start again: see /etc/systemd/system"
	move_back || fail "cannot put back what cron starts: see /etc/cron.d"
	if [ ! -e "$record" ]; then
		echo "nothing was held off"
		return
	fi
	! has_systemd || start_units
	wrong=$(differing)
	[ -z "$wrong" ] || fail "other updaters are not as they were: $(printf '%s\n' "$wrong" | sed '$!s/$/;/' | tr '\n' ' ')"
	names=$(cut -d ' ' -f 2 "$record" | tr '\n' ' ')
	rm -f "$record" && sync "${record%/*}" || fail "cannot remove $record"
	printf 'as they were: %s\n' "${names:-nothing was here}"
}

order_read || exit 1
record=$(updaters_record)
case $1 in
hold | free) "$1" ;;
*) exit 2 ;;
esac
