#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# reboot.sh ask WAS-CHANGED | go BOOT-ID - is a reboot due; do it, unless that boot is over already.
#
# Standard input: the order. "ask" prints "boot ID", "due yes" or "due no", "reason WORDS" lines, and "job UNIT WHAT" lines
# for what the service manager is at. WAS-CHANGED: yes when packages were changed since this boot began, as far as the
# controller knows; the host knows by itself. "go" tells what happens until the connection ends, or ten seconds.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/order.sh
. ./lib/facts.sh
. ./lib/service.sh
. ./lib/boot.sh
. ./lib/effect.sh
. ./lib/finding.sh
. ./packages/state.sh

# is_due REASONS WAS-CHANGED
is_due() {
	case $(order_value reboot) in
	always) [ "$2" = yes ] || [ -n "$1" ] || boot_was_changed ;;
	if-needed) [ -n "$1" ] ;;
	*) false ;;
	esac
}

ask() {
	reasons=$(reboot_due)
	printf 'boot %s\n' "$(boot_current)"
	is_due "$reasons" "$1" && echo 'due yes' || echo 'due no'
	[ -z "$reasons" ] || printf '%s\n' "$reasons" | sed 's/^/reason /'
	! has_systemd || systemctl list-jobs --plain --no-legend 2>/dev/null |
		awk '$4 == "running" { print "job", $2, $3 }' | head -n 5
	echo 'end yes'
}

# Down, in a moment; a command that fails says so. The service manager tells what it stops.
# shellcheck disable=SC2016
go_down='! [ -d /run/systemd/system ] || timeout 10 journalctl -q -f -n 0 -o cat _PID=1 2>/dev/null &
	sleep 1
	sh -c "$0" || echo "the command to reboot ended with $?: $0"'

# The connection ends before the host does.
go() {
	if [ "$(boot_current)" != "$1" ]; then
		echo "this host has been started again since"
		return
	fi
	command=$(order_value reboot-command)
	if [ -z "$command" ]; then
		has_systemd && command='systemctl reboot' || command='shutdown -r now'
	fi
	words=${PATCHLINE_ROOT:-/run}/patchline-reboot
	true 2>/dev/null >"$words" || words=/dev/null
	echo "going down"
	setsid sh -c "$go_down" "$command" </dev/null >>"$words" 2>&1 &
	timeout 10 tail -f -n +1 "$words" 2>/dev/null
	return 0
}

order_read || exit 1
case $1 in
ask | go) "$1" "$2" ;;
*) exit 2 ;;
esac
