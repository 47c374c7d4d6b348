# SPDX-License-Identifier: Apache-2.0
# updaters.sh - others that install packages by themselves: what each is, and whether it is held off. Only reads.
#
# Held off is a unit by a condition that we add to it, which stays through a reboot and changes neither whether it is
# enabled nor its masks: it does not start while our record of how it was is there. A cron file is held off by a dot in its
# name. Needs service.sh and a package manager.

updaters_record() {
	printf '%s/updaters\n' "${PATCHLINE_ROOT:-/var/lib/patchline}"
}

updaters_condition() {
	printf '/etc/systemd/system/%s.d/50-patchline-hold.conf\n' "$1"
}

updaters_moved() {
	printf '%s.patchline-hold\n' "$1"
}

# unit NAME UNIT-FILE-STATE ACTIVE-STATE, or file PATH, of everything here that may install packages by itself.
updaters_now() {
	# shellcheck disable=SC2046
	! has_systemd || systemctl show --property=Id,LoadState,ActiveState,UnitFileState $(packages_updater_units) |
		awk -F = '
			function flush() {
				if (load == "loaded")
					print "unit", id, (file == "" ? "-" : file), active
				load = file = ""
			}
			$1 == "Id" { id = $2 }
			$1 == "LoadState" { load = $2 }
			$1 == "ActiveState" { active = $2 }
			$1 == "UnitFileState" { file = $2 }
			NF == 0 { flush() }
			END { flush() }'
	packages_updater_files | while read -r path; do
		[ ! -e "$path" ] || printf 'file %s\n' "$path"
	done
}

# NAME of each that is held off, or of which something is left that held it off.
updaters_held() {
	for name in $(packages_updater_units); do
		[ ! -e "$(updaters_condition "$name")" ] || echo "$name"
	done
	packages_updater_files | while read -r path; do
		[ ! -e "$(updaters_moved "$path")" ] || echo "$path"
	done
}

# NAME of each that may start, or is there, although it should be held off.
updaters_loose() {
	updaters_now | while read -r kind name _ active; do
		case $kind:$active in
		unit:inactive | unit:failed) [ -e "$(updaters_condition "$name")" ] || echo "$name" ;;
		*) echo "$name" ;;
		esac
	done
}
