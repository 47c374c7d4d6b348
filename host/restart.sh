#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# restart.sh - restart the services that still run on files which patching has replaced, where the order says so.
#
# Standard input: the order. One line a unit: what was done, or why not. Exit status: 0, or 1 when a unit did not
# come back. Run by run.sh: it may restart the very sshd that it was asked over.
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

# Its old processes may go on until their connections end: wait as long as the order has patience.
reload() {
	systemctl reload "$1" || return 1
	waited=0
	while stale_units | cut -d ' ' -f 1 | grep -Fqx -e "$1" && [ "$waited" -lt "$(order_value patience)" ]; do
		sleep 1
		waited=$((waited + 1))
	done
}

# act UNIT CHOICE
act() {
	case $2 in
	reload) reload "$1" ;;
	restart) service_restart "$1" ;;
	reexec) systemctl daemon-reexec ;;
	*) return 0 ;;
	esac
}

order_read || exit 1
if [ "$(order_value restart)" != auto ]; then
	echo "the order says: restart nothing"
	exit 0
fi
status=0
units=$(stale_units | cut -d ' ' -f 1 | sort -u)
[ -n "$units" ] || echo "nothing runs on replaced files"
for unit in $units; do
	choice=$(restart_choice "$unit")
	if answer=$(act "$unit" "$choice" 2>&1); then
		printf '%s: %s\n' "$unit" "$choice"
	else
		printf '%s did not %s: %s\n' "$unit" "$choice" "$answer"
		status=1
	fi
done
exit $status
