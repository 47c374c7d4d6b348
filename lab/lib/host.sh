# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# host.sh - the life of one host: a subvolume, perhaps one more for its data, and a container that boots it.
#
# hosts/NAME is its root, data/NAME its data. kept/NAME (and kept/NAME.data) is how it was when it was first up; a host
# without it was never finished and is made again.

# host_make HOST
host_make() {
	local host=$1 role

	role=$(fleet_role "$host")
	host_remove "$host"
	mkdir -p "$ROOT/hosts" "$ROOT/data" "$ROOT/kept" "$LAB/log" "$LAB/faults"
	[ -z "$(role_data "$role")" ] || disk_snapshot "$ROOT/images/$role.data" "$ROOT/data/$host"
	disk_snapshot "$ROOT/images/$role" "$ROOT/hosts/$host"
	host_configure base "$ROOT/hosts/$host"
	host_configure "$role" "$ROOT/hosts/$host"
	host_identity "$host" "$ROOT/hosts/$host"
}

# host_configure ROLE FOLDER: its files, then what its setup does inside.
host_configure() {
	[ ! -d "$HERE/roles/$1/files" ] || cp -r "$HERE/roles/$1/files/." "$2/"
	[ ! -e "$HERE/roles/$1/setup" ] || chroot "$2" sh <"$HERE/roles/$1/setup"
}

# What must differ between two hosts of one role.
host_identity() {
	local host=$1 root=$2

	tr -d '\n-' </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	echo >>"$root/etc/machine-id"
	rm -f "$root/var/lib/dbus/machine-id"
	ln -s /etc/machine-id "$root/var/lib/dbus/machine-id"
	echo "$host" >"$root/etc/hostname"
	host_names "$(fleet_environment "$host")" >"$root/etc/hosts"
	: >"$root/etc/resolv.conf"
	install -m 600 "$KEYS/hosts/$host" "$root/etc/ssh/ssh_host_ed25519_key"
	install -m 644 "$KEYS/hosts/$host.pub" "$root/etc/ssh/ssh_host_ed25519_key.pub"
	install -d -m 700 "$root/root/.ssh"
	install -m 600 "$KEYS/id_ed25519.pub" "$root/root/.ssh/authorized_keys"
	install -m 644 "$LAB_KEYRING" "$root/usr/share/keyrings/lab-archive.gpg"
}

# host_names ENVIRONMENT: short names mean this environment, so that configuration is the same in all.
host_names() {
	local host

	echo '127.0.0.1 localhost'
	for host in $(fleet_hosts "$1"); do
		[ "$host" != "${host#*-}" ] || continue
		echo "$(fleet_address "$host") $host ${host#*-}$(host_alias "${host#*-}")"
	done
	echo "$(fleet_address mirror) mirror"
	echo "$(fleet_address world) world pay mail"
}

# The first of a kind answers to the kind's bare name too: db1 is db.
host_alias() { [ "$1" = "${1%1}" ] || printf ' %s' "${1%1}"; }

host_is_made() { [ -d "$ROOT/kept/$1" ]; }
host_is_running() { [ -n "$(cgroup_pids "$GROUP/$1")" ]; }

# host_start HOST: returns at once; see host_await.
host_start() {
	local host=$1 data=''

	! host_is_running "$host" || return 0
	rm -rf "$LAB/faults/$host"
	network_plug "$host" up
	[ ! -d "$ROOT/data/$host" ] || data=$ROOT/data/$host:$(role_data "$(fleet_role "$host")")
	(
		host_close_files
		exec setsid "$HERE/supervise" "$host" "$data"
	) </dev/null >>"$LAB/log/$host.log" 2>&1 &
	disown
}

# A host outlives its caller: what that has open (a lock, a pipe that somebody reads to its end) is not for it.
host_close_files() {
	local file

	for file in /proc/self/fd/*; do
		file=${file##*/}
		[ "$file" -le 2 ] || [ "$file" = 255 ] || eval "exec $file>&-" # 255 is bash's own, and ends with it
	done
}

# host_await HOST...: until each answers over ssh and has its services.
host_await() {
	local host tries

	for host in "$@"; do
		for ((tries = 0; ; tries++)); do
			! host_answers "$host" || break
			! host_is_hopeless "$host" "$tries" || {
				tail -n 5 "$LAB/log/$host.log" >&2
				die "$host does not come up; see $LAB/log/$host.log"
			}
			sleep 0.2
		done
	done
}

# host_is_hopeless HOST TRIES: after half a minute, or when its container has ended.
host_is_hopeless() { [ "$2" -ge 150 ] || { [ "$2" -ge 20 ] && ! host_is_running "$1"; }; }

host_ssh() { network_in lab-ctl ssh -F "$KEYS/config" "$@"; }

# host_services HOST: one line each, unit and state, as the host itself says; fails when ssh does not answer.
host_services() {
	local role units

	role=$(fleet_role "$1")
	units=$(role_services "$role" | tr '\n' ' ')
	# shellcheck disable=SC2029
	host_ssh -n "$1" "for unit in $units; do echo \$unit \$(systemctl is-active \$unit); done" 2>/dev/null
}

host_answers() {
	local states

	states=$(host_services "$1") || return 1
	! grep -qv ' active$' <<<"$states"
}

# host_init HOST: the process that is number 1 inside.
host_init() {
	local pid

	for pid in $(cgroup_pids "$GROUP/$1"); do
		if [ "$(awk '/^NSpid:/ { print NF == 3 ? $3 : 0 }' "/proc/$pid/status" 2>/dev/null)" = 1 ]; then
			echo "$pid"
			return
		fi
	done
	die "$1 is not running; start it with lab/up $1"
}

# host_exec HOST COMMAND...: without the network.
host_exec() {
	local init

	init=$(host_init "$1")
	nsenter -t "$init" --mount --uts --ipc --net --pid --root --wd -- "${@:2}"
}

# host_stop HOST: in order; after half a minute the power goes.
host_stop() {
	local pid

	for pid in $(cgroup_pids "$GROUP/$1"); do
		! grep -qzFx "$1" "/proc/$pid/cmdline" 2>/dev/null || ! grep -qaF /supervise "/proc/$pid/cmdline" || kill -TERM "$pid"
	done
	for _ in {1..300}; do
		host_is_running "$1" || break
		sleep 0.1
	done
	host_kill "$1"
}

# host_kill HOST: the power goes.
host_kill() {
	cgroup_end "$GROUP/$1" || die "$1 does not end: processes $(cgroup_pids "$GROUP/$1" | tr '\n' ' ')"
	rm -rf "/run/systemd/nspawn/propagate/$1" "$ROOT/hosts/.#$1.lck"
}

# host_still HOST 1|0: all of it stands still, or goes on.
host_still() {
	local dir

	for dir in $(cgroup_freezer "$GROUP/$1"); do
		echo "$2" >"$dir/cgroup.freeze"
	done
}

host_remove() {
	host_kill "$1"
	disk_delete "$ROOT/hosts/$1" "$ROOT/data/$1" "$ROOT/kept/$1" "$ROOT/kept/$1.data"
}

# host_keep HOST: its state now is what host_revert brings back.
host_keep() {
	disk_delete "$ROOT/kept/$1" "$ROOT/kept/$1.data"
	[ ! -d "$ROOT/data/$1" ] || disk_snapshot -r "$ROOT/data/$1" "$ROOT/kept/$1.data"
	disk_snapshot -r "$ROOT/hosts/$1" "$ROOT/kept/$1"
}

host_revert() {
	host_kill "$1"
	disk_delete "$ROOT/hosts/$1" "$ROOT/data/$1"
	[ ! -d "$ROOT/kept/$1.data" ] || disk_snapshot "$ROOT/kept/$1.data" "$ROOT/data/$1"
	disk_snapshot "$ROOT/kept/$1" "$ROOT/hosts/$1"
	host_start "$1"
}

# host_must_exist HOST
host_must_exist() {
	fleet_field "$1" 1 >/dev/null
	host_is_made "$1" || die "$1 is not made yet; make it with lab/up $1"
}
