#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# precheck.sh TIME - can this host be patched now? Prints all findings at once; changes nothing.
#
# Standard input: the order. TIME: the controller's clock, in seconds since 1970.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/finding.sh
. ./lib/order.sh
. ./apt/state.sh
. ./apt/plan.sh

check_staged() {
	for file in Packages InRelease; do
		[ -s "$directory/$file" ] || finding staged error "$directory/$file is not there" \
			"stage the set on this host first"
	done
}

check_audit() {
	audit=$(packages_audit)
	[ -z "$audit" ] || finding package-database error "$audit" "run: dpkg --configure -a, then: apt-get -f install"
}

# Wait for the lock as long as the order has patience.
check_lock() {
	waited=0
	while owner=$(packages_lock_owner) && [ -n "$owner" ]; do
		if [ "$waited" -ge "$patience" ]; then
			finding lock error "the package lock is held by process $owner (waited $waited s)" \
				"let it end, or stop it"
			return
		fi
		sleep 1
		waited=$((waited + 1))
	done
}

check_updaters() {
	running=$(packages_updaters_running)
	[ -z "$running" ] || finding updaters error "another updater is running now: $running" \
		"let it end, then try again"
	enabled=$(packages_updaters | awk '$2 == "enabled" { printf "%s%s", sep, $1; sep = ", " }')
	[ -z "$enabled" ] || finding updaters note "installs packages by itself, untested ones: $enabled" \
		"disable it on hosts that Patchline keeps"
}

check_held() {
	held=$(packages_held)
	[ -z "$held" ] || finding held error "the plan changes packages that are on hold: $held" \
		"apt-mark unhold, or freeze a set without them"
}

check_drift() {
	drifted=$(packages_drifted)
	[ -z "$drifted" ] || finding drift error "$drifted" "scan this host and plan again"
}

check_clock() {
	skew=$(($(date +%s) - $1))
	case $skew in
	-*) away=${skew#-} ;;
	*) away=$skew ;;
	esac
	if [ "$away" -gt 300 ]; then
		finding clock error "the clock is $skew s off the controller's" "set it, then keep it by NTP"
	elif [ "$away" -gt 30 ]; then
		finding clock warning "the clock is $skew s off the controller's" "keep it by NTP"
	fi
}

# KiB free where PATH lies.
free_at() {
	df -Pk "$1" 2>/dev/null | awk 'NR == 2 { print $4 }'
}

check_space() {
	grown=$(packages_growth)
	for path in /usr /var; do
		needed=$((32768 + $([ $path = /var ] && echo 0 || echo "$grown")))
		free=$(free_at $path)
		[ "$free" -ge "$needed" ] || finding disk-space error \
			"$path has $free KiB free, patching may need $needed KiB" "make room"
	done
	order_changes | grep -Eq '^(upgrade|new) linux-image-' || return 0
	free=$(free_at /boot)
	[ "$free" -ge 131072 ] || finding disk-space error "/boot has $free KiB free, a kernel needs 131072 KiB" \
		"remove kernels that are of no more use"
}

order_read || exit 1
directory=$(order_directory)
patience=$(order_value patience)
check_staged
check_lock
check_updaters
check_audit
check_held
check_drift
check_clock "$1"
check_space
findings_end
