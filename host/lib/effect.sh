# SPDX-License-Identifier: Apache-2.0
# effect.sh - does what was installed run, or still what was there before? Needs facts.sh, order.sh, service.sh, boot.sh and a package manager.

# The processes of the connection that asks, which is not what is asked about; the daemon behind it is.
own_processes() {
	own=$$
	while parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$own/status" 2>/dev/null) && [ "${parent:-0}" -gt 1 ]; do
		echo "$own"
		own=$parent
	done
}

# Where the kernel tells of processes; a test has its own.
processes=/proc

# UNIT PID PATH of each process that runs on a file that was replaced, but those of the connection that asks.
stale_processes() {
	{
		own_processes
		echo
		deleted_libraries
	} | awk 'NF == 0 { listed = 1; next } !listed { own[$1] = 1; next } !($2 in own)' | with_init_scripts
}

# WHOSE SINCE UNIT PID PATH of each of them: "-" where it is its unit's own, "uid:NUMBER" where it is a person's session,
# "kept" where its unit leaves old processes alone on purpose. SINCE: seconds since 1970.
#
# A person's: one below a login uid, which pam_loginuid(8) sets for whoever was authenticated, and the kernel hands down to
# children (a service that systemd starts has none, one that an init script starts has that of who called it, so that
# without systemd it says nothing); one with a controlling terminal, tty_nr of proc(5), which daemons have not; all in a
# session scope of pam_systemd(8). A worker may lead a session of its own too (setsid(2): those of PostgreSQL do), so that
# alone says nothing.
# Kept: what does not descend from the main process of a unit with KillMode=process, of which systemd.kill(5) says that only
# the main process is killed when it is stopped. The main process itself, and what descends from it, is the unit's own.
with_owners() {
	awk -v folder="$processes" -v has_login="$(has_systemd && echo yes)" '
		$0 == "--" { asked = 1; next }
		!asked && /^Id=/ { id = substr($0, 4) }
		!asked && /^MainPID=/ { main_pid = substr($0, 9) }
		!asked && /^KillMode=/ { kill_mode = substr($0, 10) }
		!asked && NF == 0 { main[id] = main_pid; mode[id] = kill_mode }
		!asked { next }
		{ print owner($1, $2), int(booted() + stat($2, 20) / 100), $1, $2, $3 }

		# A field of /proc/PID/stat behind the name: 2 parent, 5 terminal, 20 start in hundredths since the boot.
		function stat(pid, field,    file, line, part) {
			file = folder "/" pid "/stat"
			line = ""
			getline line < file
			close(file)
			sub(/^.*\) /, "", line)
			split(line, part, " ")
			return part[field] + 0
		}
		function booted(    file, line, part) {
			file = folder "/stat"
			while (!boot && (getline line < file) > 0)
				if (split(line, part, " ") == 2 && part[1] == "btime") boot = part[2]
			close(file)
			return boot
		}
		function login(pid,    file, line) {
			file = folder "/" pid "/loginuid"
			line = ""
			if (has_login) getline line < file
			close(file)
			return line == "" || line == "4294967295" ? "" : line
		}
		function uid(pid,    file, line, part) {
			file = folder "/" pid "/status"
			part[2] = 0
			while ((getline line < file) > 0 && line !~ /^Uid:/)
				;
			close(file)
			split(line, part, "[ \t]+")
			return part[2]
		}
		function descends(pid, from) {
			while (pid > 1 && pid != from)
				pid = stat(pid, 2)
			return pid == from
		}
		function owner(unit, pid) {
			if (main[unit] == pid) return "-"
			if (login(pid) != "") return "uid:" login(pid)
			if (stat(pid, 5) != 0 || unit ~ /^session-.*[.]scope$/) return "uid:" uid(pid)
			if (mode[unit] == "process" && main[unit] > 0 && !descends(pid, main[unit])) return "kept"
			return "-"
		}'
}

# The same rows of all of them, once systemd was asked for the main processes of their units.
owned_processes() {
	stale=$(stale_processes)
	[ -n "$stale" ] || return 0
	{
		! has_systemd || printf '%s\n' "$stale" | cut -d ' ' -f 1 | grep -Fvx -e - | sort -u |
			xargs -r -d '\n' systemctl show --property=Id,MainPID,KillMode -- 2>/dev/null
		printf '\n--\n%s\n' "$stale"
	} | with_owners
}

# UNIT PID PATH, one line a unit: the first process of its own that runs on a file that was replaced; one a process that is of
# no unit.
stale_units() {
	owned_processes | awk '$1 == "-" && !seen[$3 == "-" ? $4 : $3]++ { print $3, $4, $5 }'
}

# WHOSE SINCE UNIT PID PATH, one line for what one person has begun in a unit, or what the unit has kept.
stale_sessions() {
	owned_processes | sort -k 2n | awk '$1 != "-" && !seen[$1, $3]++'
}

# session_words WHOSE SINCE UNIT - what it is, in words.
session_words() {
	since=$(date -u -d "@$2" '+%Y-%m-%d %H:%M UTC')
	case $1 in
	kept) echo "a process that $3 keeps when it is restarted, since $since," ;;
	*) echo "$(id -nu "${1#uid:}" 2>/dev/null || echo "uid ${1#uid:}")'s session since $since" ;;
	esac
}

# Without systemd no control group says to which service a process belongs.
with_init_scripts() {
	if has_systemd; then
		cat
		return
	fi
	while read -r unit pid path; do
		[ "$unit" != - ] || unit=$(init_script "$pid")
		printf '%s %s %s\n' "$unit" "$pid" "$path"
	done
}

# is_named WORD UNIT - the order has a line of that word for the unit.
is_named() {
	order_lines "$1" | grep -Fqx -e "$2" -e "${2%.service}"
}

# restart_choice UNIT - "restart", "reload", "reexec" (number 1 itself), or why people must see to it. Units that
# others hang on are left alone, as needrestart has it (override_rc of its needrestart.conf).
restart_choice() {
	if is_named restart-except "$1"; then
		echo "the configuration excepts it"
		return
	elif is_named restart-by-reload "$1"; then
		echo reload
		return
	fi
	case $1 in
	-) echo "it belongs to no unit" ;;
	init.scope) echo reexec ;;
	dbus.service | dbus-broker.service | systemd-logind.service | user@*.service | getty@*.service | serial-getty@*.service | \
		console-getty.service | gdm*.service | lightdm.service | sddm.service | NetworkManager.service | \
		wpa_supplicant.service | emergency.service | rescue.service)
		echo "others hang on it: reboot when it suits"
		;;
	*.service) echo restart ;;
	*) echo "stop it, or let it end" ;;
	esac
}

# Why a reboot is due, one reason a line; nothing when none is.
reboot_due() {
	read -r kernel_running </proc/sys/kernel/osrelease
	reboot_reasons "$kernel_running" "$(kernel_newest "$kernel_running")"
}
