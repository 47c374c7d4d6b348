# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# machine.sh - a copy as a machine: a systemd container on its subvolumes, in its fence.

# machine_cgroup CLONE HOST
machine_cgroup() { echo "$(option clone-cgroup patchline/clones)/$1/$2"; }

# machine_name CLONE HOST: one that no other on this machine has, as systemd-nspawn wants it: a host name.
machine_name() { echo "${2:0:40}-$(fence_space "$1" | cksum | cut -d' ' -f1)"; }

machine_is_running() { ! cgroup_is_empty "$(machine_cgroup "$1" "$2")"; }

# machine_start CLONE HOST: returns when its first process runs.
machine_start() {
	local clone=$1 host=$2 place log

	place=$(copy_place "$clone")
	log=$place/log/$host.log
	! machine_is_running "$clone" "$host" || return 0
	mkdir -p "$place/log"
	machine_boot "$clone" "$host" "$place" >>"$log" 2>&1
	await 20 machine_is_settled "$clone" "$host" "$MACHINE_STARTER" && [ -n "$(machine_init "$clone" "$host")" ] || {
		machine_kill "$clone" "$host"
		fail system "$host" "its copy does not boot: $(tail -n 3 "$log")"
	}
}

# machine_boot CLONE HOST PLACE: MACHINE_STARTER is the process. In its own session: a signal to the caller's group is not for it.
machine_boot() {
	local words=(setsid "$PROVIDER_LIB/supervise")

	words+=("$3/hosts/$2" "$(machine_name "$1" "$2")" "$(machine_hostname "$3/hosts/$2" "$2")" "$(fence_file "$1" "$2")")
	readarray -O ${#words[@]} -t words < <(machine_binds "$1" "$2")
	(
		cgroup_enter "$(machine_cgroup "$1" "$2")" "$BASHPID"
		close_files
		exec "${words[@]}"
	) </dev/null &
	MACHINE_STARTER=$!
	cgroup_enter "$(machine_cgroup "$1" "$2")" "$MACHINE_STARTER" 2>/dev/null || : # by us too: it counts as running from here on
	disown
}

# machine_hostname ROOT HOST: as the copy's own configuration says. A copy may lie: no link is followed, no pipe waited for.
machine_hostname() {
	local name=

	if [ -f "$1/etc/hostname" ] && [ ! -L "$1/etc/hostname" ]; then
		read -r -n 64 name <"$1/etc/hostname" || :
	fi
	[[ $name =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]] || name=$2
	echo "$name"
}

# machine_binds CLONE HOST: option of systemd-nspawn for its data volume, if it has one. Wants copy_read.
machine_binds() {
	local place path=${COPY_DATA[$2]-}

	place=$(copy_place "$1")
	[ ! -d "$place/data/$2" ] || [ -z "$path" ] || printf '%s\n' "--bind=$place/data/$2:$path"
}

# machine_is_settled CLONE HOST STARTER: up, or ended again.
machine_is_settled() { ! kill -0 "$3" 2>/dev/null || [ -n "$(machine_init "$1" "$2")" ]; }

machine_init() { machine_init_of "$(machine_cgroup "$1" "$2")"; }

# machine_init_of CGROUP: the process that is number 1 inside; empty when there is none.
machine_init_of() {
	local pid

	for pid in $(cgroup_pids "$1"); do
		if machine_is_first "$pid" 2>/dev/null; then
			echo "$pid"
			return
		fi
	done
}

# machine_is_first PID: it is number 1 in a namespace of its own.
machine_is_first() {
	local key numbers

	while read -r key numbers; do
		[ "$key" != NSpid: ] || break
	done <"/proc/$1/status" && [[ $numbers == *[[:blank:]]1 ]]
}

# machine_stop CLONE HOST TIMEOUT_MS: orderly, and hard past the limit.
machine_stop() {
	local cgroup pid

	cgroup=$(machine_cgroup "$1" "$2")
	for pid in $(cgroup_pids "$cgroup"); do
		! grep -qzxF "$PROVIDER_LIB/supervise" "/proc/$pid/cmdline" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || :
	done
	await $(($3 / 1000)) cgroup_is_empty "$cgroup" || progress "$2: did not stop in time; its power goes"
	machine_kill "$1" "$2"
}

# machine_kill CLONE HOST: the power goes.
machine_kill() {
	cgroup_end "$(machine_cgroup "$1" "$2")" || fail system "$2" "processes of its copy do not end"
	rm -rf "/run/systemd/nspawn/propagate/$(machine_name "$1" "$2")" "$(copy_place "$1")/hosts/.#$2.lck"
}

# machine_script CLONE HOST FILE TIMEOUT_MS [OPTION...]: runs the sh script in the stopped copy, with our standard input and
# output; its exit status, 124 when it ran past its time. Its cgroup is not the machine's: the copy does not run.
machine_script() {
	local place words status=0 cgroup

	place=$(copy_place "$1")
	mkdir -p "$place/log"
	cgroup=$(machine_cgroup "$1" "$2@run")
	cgroup_end "$cgroup" || fail system "$2" "an earlier script in its copy does not end"
	words=(systemd-nspawn -q -D "$place/hosts/$2" --machine="$(machine_name "$1" "$2")" --register=no --keep-unit
		--hostname="$(machine_hostname "$place/hosts/$2" "$2")" --as-pid2 --drop-capability=CAP_MKNOD --private-network --resolv-conf=off
		--timezone=off --link-journal=no --console=pipe --bind-ro="$3:/run/patchline-script")
	readarray -O ${#words[@]} -t words < <(machine_binds "$1" "$2")
	words+=("${@:5}" sh -c 'exec sh /run/patchline-script 2>&1')
	(
		cgroup_enter "$cgroup" "$BASHPID"
		close_files
		exec timeout --kill-after=5 "$(($4 / 1000)).$(printf '%03d' $(($4 % 1000)))" "${words[@]}" 2>>"$place/log/$2.log"
	) || status=$?
	[ $status != 137 ] || status=124
	cgroup_end "$cgroup" || fail system "$2" "the script in its copy does not end"
	machine_kill "$1" "$2"
	return $status
}
