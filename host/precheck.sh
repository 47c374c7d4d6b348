#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# precheck.sh TIME - can this host be patched now? Prints all findings at once; changes nothing, but runs the commands of
# health and release-check.
#
# Standard input: the order. TIME: the controller's clock, in seconds since 1970.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/finding.sh
. ./lib/order.sh
. ./lib/plan.sh
. ./lib/service.sh
. ./lib/updaters.sh
. ./lib/database.sh
. ./packages/state.sh
. ./packages/plan.sh

check_staged() {
	for file in $(packages_index_files); do
		[ -s "$directory/$file" ] || finding staged error "$directory/$file is not there" \
			"stage the set on this host first"
	done
}

# Wait as long as the order has patience until nobody else installs anything.
await_others() {
	waited=0
	while
		owner=$(packages_lock_owner)
		running=$(packages_updaters_running)
		[ -n "$owner$running" ] && [ "$waited" -lt "$patience" ]
	do
		sleep 1
		waited=$((waited + 1))
	done
}

check_lock() {
	[ -z "$owner" ] || finding lock error "the package lock is held by process $owner (waited $waited s)" \
		"let it end, or stop it"
}

check_updaters() {
	if [ -n "$running" ]; then
		finding updaters error "another updater is running now: $running (waited $waited s)" \
			"let it end, then try again"
	elif [ -e "$(updaters_record)" ]; then
		loose=$(updaters_loose | tr '\n' ' ')
		[ -z "$loose" ] || finding updaters error "could install something meanwhile: ${loose% }" \
			"stop it, then try again"
	fi
	enabled=$(packages_updaters | awk '$2 == "enabled" { printf "%s%s", sep, $1; sep = ", " }')
	[ -z "$enabled" ] || finding updaters note \
		"installs packages by itself, untested ones: $enabled; held off while this host is patched, then as before" \
		"disable it on hosts that Patchline keeps"
	has_systemd || finding updaters note "no systemd here: of other updaters, only what cron starts is held off"
}

check_held() {
	held=$(plan_held)
	[ -z "$held" ] || finding held error "the plan changes packages that are on hold: $held" "$(packages_remedy held)"
	packages_pins_unread | while IFS= read -r what; do
		level=warning
		[ "${what#E:}" = "$what" ] || level=error
		finding pins $level "of the pins of this host: $what" "$(packages_remedy pins)"
	done
}

check_drift() {
	drifted=$(plan_drifted)
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

# PATH KIB INODES of standard input, and for each where it lies: MOUNT FREE-KIB FREE-INODES; "-" where inodes are not counted.
with_free() {
	while read -r path kib inodes; do
		place=$path
		while [ ! -e "$place" ]; do
			place=$(dirname "$place")
		done
		df -k --output=avail,itotal,iavail,target "$place" 2>/dev/null | awk -v need="$path $kib $inodes" '
			NR == 2 { print need, $4, $1, ($2 > 0 ? $3 : "-") }'
	done
}

# Of those lines, the file systems that are too small, in words: all that is needed in one adds up.
too_small() {
	awk '
		!($4 in kib) { mounts[++count] = $4; free[$4] = $5; nodes[$4] = $6 }
		{
			kib[$4] += $2
			inodes[$4] += $3
			paths[$4] = paths[$4] (paths[$4] == "" ? "" : ", ") $1
		}
		END {
			for (i = 1; i <= count; i++) {
				m = mounts[i]
				if (free[m] < kib[m])
					printf "%s has %.0f KiB free, patching may need %.0f KiB in %s\n", m, free[m], kib[m], paths[m]
				if (nodes[m] != "-" && nodes[m] + 0 < inodes[m])
					printf "%s has room for %.0f more files, patching may need %.0f in %s\n", m, nodes[m], inodes[m], paths[m]
			}
		}'
}

check_space() {
	needs=$(packages_needs | with_free)
	printf '%s\n' "$needs" | too_small | while IFS= read -r what; do
		finding disk-space error "$what" "$(packages_remedy room)"
	done
	printf '%s\n' "$needs" | awk '!seen[$4]++ { print $4 }' | while read -r mount; do
		! is_mounted ro -M "$mount" || tell_read_only "$mount"
	done
}

# is_mounted OPTION -M MOUNT, is_mounted OPTION -T PATH
is_mounted() {
	case ,$(findmnt -nr -o OPTIONS "$2" "$3" | tail -n 1), in
	*,"$1",*) ;;
	*) return 1 ;;
	esac
}

tell_read_only() {
	if packages_remounts "$1"; then
		finding read-only note "$1 is mounted read-only; a hook of this host's package manager makes it writable"
	else
		finding read-only error "$1 is mounted read-only" "see dmesg for why, then: mount -o remount,rw $1"
	fi
}

check_scripts() {
	for place in $(packages_scripts); do
		! is_mounted noexec -T "$place" || finding noexec error "$place is mounted noexec: scripts of packages cannot run" \
			"mount -o remount,exec $(findmnt -nr -o TARGET -T "$place" | tail -n 1)"
	done
}

# What a wrong check comes to: the plan may bring what it asks for, where it installs something new.
severity_of_missing() {
	case $(order_changes) in
	*"new "*) echo warning ;;
	*) echo error ;;
	esac
}

# What the host is asked after patching is asked now: a unit or a command that is not there would fail it only once it was changed.
check_services() {
	order_lines service | while read -r unit; do
		state=$(service_state "$unit")
		if ! service_exists "$unit"; then
			finding service "$(severity_of_missing)" "there is no unit $unit here" \
				"put 'services' of its group right, or install it"
		elif [ "$state" != active ]; then
			finding service warning "$unit is $state before patching; unless it is active afterwards, that fails"
		fi
	done
}

# try WORD COMMAND - all of them together as long as the order has patience.
try() {
	left=$((deadline - $(date +%s)))
	answer=$(timeout $((left > 0 ? left : 1)) sh -c "$2" 2>&1 </dev/null)
	status=$?
	answer=$(printf '%s\n' "$answer" | tail -n 5 | head -c 2000)
	case $status in
	0) ;;
	126 | 127) finding "$1" "$(severity_of_missing)" "'$2' cannot be run, it ended with $status: $answer" \
		"put '$1' of its group right" ;;
	*) finding "$1" warning "'$2' ended with $status before patching; unless it is 0 afterwards, that fails: $answer" ;;
	esac
}

check_commands() {
	deadline=$(($(date +%s) + patience))
	for word in health release-check; do
		order_lines $word | while IFS= read -r command; do
			try $word "$command"
		done
	done
}

order_read || exit 1
directory=$(order_directory)
patience=$(order_value patience)
await_others
check_staged
check_lock
check_updaters
check_database
check_held
check_drift
check_clock "$1"
check_space
check_scripts
check_services
check_commands
findings_end
