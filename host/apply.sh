#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# apply.sh - install what the order says, exactly, from the staged set; nothing else, and nothing is removed but what
# an order that leads back names.
#
# Standard input: the order. Needs no network. Exit status: 0 done (or nothing was left to do), 3 refused before
# anything was changed, else what apt said. Run by run.sh, so that a lost connection does not end it.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

. ./lib/order.sh
. ./lib/boot.sh
. ./apt/state.sh
. ./apt/plan.sh
. ./apt/change.sh

refuse() {
	printf 'refused, nothing was changed: %s\n' "$1"
	exit 3
}

# apt must mean to do what the plan says, before it does anything.
compare() {
	printf '%s\n' "$expected" >"$private/expected"
	printf '%s\n' "$simulated" >"$private/simulated"
	cmp -s "$private/expected" "$private/simulated" && return 0
	echo "the plan, and not apt:"
	comm -23 "$private/expected" "$private/simulated" | sed 's/^/  /'
	echo "apt, and not the plan:"
	comm -13 "$private/expected" "$private/simulated" | sed 's/^/  /'
	refuse "apt would not do what the plan says"
}

# On the way back dpkg may have been cut off in the middle; apt does nothing before that is ended, well or badly.
end_interrupted() {
	for journal in /var/lib/dpkg/updates/[0-9]*; do
		[ -e "$journal" ] || continue
		echo "dpkg was interrupted: it goes on first"
		dpkg --configure -a || echo "that failed; on the way back it need not work"
		return
	done
}

order_read || exit 3
directory=$(order_directory)
private=$directory/.apt
# shellcheck disable=SC2034 # for with_apt
patience=$(order_value patience)
limits=--no-remove # words for apt
if order_is_return; then
	limits=--allow-downgrades
	[ -n "$(order_lines remove)" ] || limits="$limits --no-remove"
	end_interrupted
fi
expected=$(packages_expected)
if [ -z "$expected" ]; then
	echo "everything is installed already"
	exit 0
fi
held=$(packages_held)
[ -z "$held" ] || refuse "on hold: $held"
packages_open 2>&1 || refuse "the staged set in $directory cannot be used"
arguments=$(packages_arguments)

# Words of the order have no blanks and no wildcards.
set -f
# shellcheck disable=SC2086
answer=$(with_apt apt-get -s $limits install $arguments 2>&1)
status=$?
simulated=$(printf '%s\n' "$answer" | packages_simulated)
if [ $status -ne 0 ]; then
	printf '%s\n' "$answer" | grep -E '^(E:|W:|The following|  | [^ ])' || printf '%s\n' "$answer"
	refuse "apt cannot do it"
fi
compare

# Are all files there, and those that the signed index speaks of? apt looks without installing.
# shellcheck disable=SC2086
answer=$(with_apt apt-get -qq -y -d $limits install $arguments 2>&1) || {
	printf '%s\n' "$answer"
	refuse "the files of the staged set are not all right"
}

packages_remember_marks || refuse "cannot write to $private"
boot_note_change || refuse "cannot write to $(order_root)"
# shellcheck disable=SC2086
with_apt apt-get -y $limits install $arguments
status=$?
[ $status -eq 0 ] || packages_set_up_rest
packages_restore_marks || status=1
[ $status -ne 0 ] || packages_forget_marks
exit $status
