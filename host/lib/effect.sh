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

# UNIT PID PATH, one line a unit: the first process of it that runs on a file that was replaced; one a process that is of
# no unit.
stale_units() {
	{
		own_processes
		echo
		deleted_libraries
	} | awk 'NF == 0 { listed = 1; next } !listed { own[$1] = 1; next } !($2 in own)' |
		with_init_scripts | awk '!seen[$1 == "-" ? $2 : $1]++'
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
	*) echo "it ends with its session" ;;
	esac
}

# Why a reboot is due, one reason a line; nothing when none is.
reboot_due() {
	reboot_reasons "$(kernel_newest)"
}
