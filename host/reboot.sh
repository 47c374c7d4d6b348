#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# reboot.sh ask WAS-CHANGED | go BOOT-ID - is a reboot due; do it, unless that boot is over already.
#
# Standard input: the order. "ask" prints "boot ID", "due yes" or "due no", and "reason WORDS" lines. WAS-CHANGED: yes
# when packages were changed since this boot began, as far as the controller knows.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/order.sh
. ./lib/facts.sh
. ./lib/effect.sh
. ./lib/finding.sh
. ./apt/state.sh

boot_id=/proc/sys/kernel/random/boot_id

# is_due REASONS WAS-CHANGED
is_due() {
	case $(order_value reboot) in
	always) [ "$2" = yes ] || [ -n "$1" ] ;;
	if-needed) [ -n "$1" ] ;;
	*) false ;;
	esac
}

ask() {
	reasons=$(reboot_due)
	printf 'boot %s\n' "$(cat $boot_id)"
	is_due "$reasons" "$1" && echo 'due yes' || echo 'due no'
	[ -z "$reasons" ] || printf '%s\n' "$reasons" | sed 's/^/reason /'
	echo 'end yes'
}

# The connection ends before the host does.
go() {
	if [ "$(cat $boot_id)" != "$1" ]; then
		echo "this host has been started again since"
		return
	fi
	command=$(order_value reboot-command)
	setsid sh -c "sleep 1; ${command:-systemctl reboot}" </dev/null >/dev/null 2>&1 &
	echo "going down"
}

order_read || exit 1
case $1 in
ask | go) "$1" "$2" ;;
*) exit 2 ;;
esac
