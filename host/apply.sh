#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apply.sh - install what the order says, exactly, from the staged set; nothing else, and nothing is removed but what
# an order that leads back names.
#
# Standard input: the order. Needs no network. Exit status: 0 done (or nothing was left to do), 3 refused before
# anything was changed, else what the package manager said. Run by run.sh, so that a lost connection does not end it.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

. ./lib/order.sh
. ./lib/plan.sh
. ./lib/boot.sh
. ./packages/state.sh
. ./packages/plan.sh
. ./packages/change.sh

refuse() {
	printf 'refused, nothing was changed: %s\n' "$1"
	exit 3
}

# The package manager must mean to do what the plan says, before it does anything.
compare() {
	printf '%s\n' "$expected" >"$private/expected"
	printf '%s\n' "$simulated" >"$private/simulated"
	cmp -s "$private/expected" "$private/simulated" && return 0
	echo "the plan, and not $(packages_manager):"
	comm -23 "$private/expected" "$private/simulated" | sed 's/^/  /'
	echo "$(packages_manager), and not the plan:"
	comm -13 "$private/expected" "$private/simulated" | sed 's/^/  /'
	refuse "$(packages_manager) would not do what the plan says"
}

order_read || exit 3
directory=$(order_directory)
private=$directory/.private
# shellcheck disable=SC2034 # for packages_open
patience=$(order_value patience)
! order_is_return || packages_recover
expected=$(plan_expected)
if [ -z "$expected" ]; then
	echo "everything is installed already"
	exit 0
fi
held=$(plan_held)
[ -z "$held" ] || refuse "on hold: $held"
packages_open 2>&1 || refuse "the staged set in $directory cannot be used"
simulated=$(packages_simulate) || {
	printf '%s\n' "$simulated"
	refuse "$(packages_manager) cannot do it"
}
compare
answer=$(packages_check_files 2>&1) || {
	printf '%s\n' "$answer"
	refuse "the files of the staged set are not all right"
}

packages_remember_marks || refuse "cannot write to $private"
boot_note_change || refuse "cannot write to $(order_root)"
packages_install
status=$?
[ $status -eq 0 ] || packages_set_up_rest
packages_restore_marks || status=1
[ $status -ne 0 ] || packages_forget_marks
exit $status
