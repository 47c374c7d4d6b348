# SPDX-License-Identifier: Apache-2.0
# service.sh - the service manager that the host has: systemd, or init scripts. Units are named as systemd names them.

has_systemd() {
	[ -d /run/systemd/system ]
}

# service_state UNIT - "active", "inactive", "activating" and so on.
service_state() {
	if has_systemd; then
		systemctl is-active "$1" 2>&1
	elif service "${1%.service}" status >/dev/null 2>&1 </dev/null; then
		echo active
	else
		echo inactive
	fi
}

# service_exists UNIT - true when the host knows it, running or not.
service_exists() {
	if has_systemd; then
		[ "$(systemctl show -p LoadState --value "$1" 2>/dev/null)" != not-found ]
	else
		[ -e "/etc/init.d/${1%.service}" ]
	fi
}

# service_forbids NAME ACTION - true when the host's policy-rc.d does (its exit status 101).
service_forbids() {
	[ -x /usr/sbin/policy-rc.d ] || return 1
	/usr/sbin/policy-rc.d "$1" "$2" >/dev/null 2>&1 </dev/null
	[ $? -eq 101 ]
}

service_restart() {
	if has_systemd; then
		systemctl restart "$1"
	elif service_forbids "${1%.service}" restart; then
		echo "policy-rc.d forbids it"
		return 1
	else
		service "${1%.service}" restart </dev/null
	fi
}

# Where to look for what a unit says.
service_journal() {
	if has_systemd; then
		printf 'journalctl -u %s\n' "$1"
	else
		printf 'service %s status, and /var/log\n' "${1%.service}"
	fi
}

# init_script PID - the unit whose init script started the daemon that this process belongs to, "-" when there is none: a
# script of the daemon's name, or of its pid file's.
init_script() {
	daemon=$1
	while parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$daemon/status" 2>/dev/null) && [ "${parent:-0}" -gt 1 ]; do
		daemon=$parent
	done
	{
		cat "/proc/$daemon/comm" 2>/dev/null
		grep -lsx "$daemon" /run/*.pid /run/*/*.pid | sed -e 's,.*/,,' -e 's,\.pid$,,'
	} | {
		while IFS= read -r name; do
			[ ! -x "/etc/init.d/$name" ] || { echo "$name.service"; exit; }
		done
		echo -
	}
}
