# SPDX-License-Identifier: Apache-2.0
# state.sh - what dpkg and apt know of this host. Only reads.
#
# Every package manager's folder defines these functions (host/README).

# In words for people.
packages_manager() {
	echo apt
}

packages_native() {
	dpkg --print-architecture
}

# The native architecture first. dpkg knows of foreign ones by a file.
packages_architectures() {
	packages_foreign=''
	[ ! -s /var/lib/dpkg/arch ] || packages_foreign=$(dpkg --print-foreign-architectures)
	# shellcheck disable=SC2046,SC2086 # a word each
	echo $(packages_native) $packages_foreign
}

# packages_version_newer A B - true when A is newer than B; everything is newer than nothing.
packages_version_newer() {
	dpkg --compare-versions "$1" gt "$2" 2>/dev/null
}

# packages_own FILE - true when a package that is installed brought it.
packages_own() {
	dpkg-query --search "$1" >/dev/null 2>&1
}

# Has somebody written preferences here?
has_preferences() {
	for preferences in /etc/apt/preferences /etc/apt/preferences.d/*; do
		[ ! -s "$preferences" ] || return 0
	done
	return 1
}

# ask_preferences NATIVE - what apt says of each installed package when there is a newer version of it, from an archive that no
# pin names. apt is given that in a file of ours, which goes again; the host's lists are not looked at.
ask_preferences() {
	offer=$(mktemp -d) || return 1
	names=$(dpkg-query --show --showformat '${Package} ${Architecture} ${db:Status-Status}\n' |
		awk -v native="$1" -v file="$offer/newer_Packages" '$3 !~ /^(not-installed|config-files)$/ {
			if ($2 == "all") $2 = native
			print "Package: " $1 "\nVersion: 999999:0\nArchitecture: " $2 "\nFilename: none\n" >file
			print $1 ":" $2 }')
	# shellcheck disable=SC2086 # a word each
	apt-cache -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o APT::Default-Release= --with-source "$offer/newer_Packages" policy $names
	set -- $?
	rm -r "$offer"
	return "$1"
}

# The expressions of which names unattended-upgrades leaves alone. One with more in it than every awk knows as Python does
# is cut before that: rather too many packages are kept than one too few.
blacklist() {
	apt-config dump --format '%v%n' Unattended-Upgrade::Package-Blacklist | sed -E '/^$/d; s/(\(\?|\\[A-Za-z0-9]|\{).*//'
}

# packages_pinned NATIVE - NAME ARCHITECTURE of each package that this host's own preferences or its list for
# unattended-upgrades keep as it is. False, with words on standard error, when apt cannot be asked.
packages_pinned() {
	if has_preferences; then
		told=$(ask_preferences "$1") || return 1
		printf '%s\n' "$told" | awk -v native="$1" '
			/^[^ ]/ { split($1, name, ":") }
			$1 == "Candidate:" && $2 != "999999:0" { print name[1], (name[2] == "" ? native : name[2]) }'
	fi
	if grep -qs Package-Blacklist /etc/apt/apt.conf /etc/apt/apt.conf.d/*; then
		{
			blacklist
			echo
			packages_installed
		} | awk 'NF == 0 { asked = 1; next }
			!asked { words[NR] = $0; next }
			{ for (i in words) if (match($1, words[i]) && RSTART == 1) { print $1, $2; next } }'
	fi
}

# What apt does not understand of the preferences, a line each.
packages_pins_unread() {
	! has_preferences || ask_preferences "$(packages_native)" 2>&1 >/dev/null | grep '^[EW]: '
}

# The new file beside each configuration file that stayed as it is while its package brought another: dpkg's own, or ucf's.
packages_kept() {
	find /etc -xdev -type f '(' -name '*.dpkg-dist' -o -name '*.ucf-dist' ')' 2>/dev/null | sort
}

# packages_configuration NAME... - the configuration files of these packages.
packages_configuration() {
	# shellcheck disable=SC2016 # a field of dpkg
	dpkg-query --show --showformat '${Conffiles}\n' "$@" 2>/dev/null | awk 'NF { print $1 }'
	[ ! -r /var/lib/ucf/registry ] || printf '%s\n' "$@" | awk '
		FILENAME == "-" { named[$1] = 1; next }
		$1 in named { print $2 }' - /var/lib/ucf/registry
}

# packages_state NATIVE - a paragraph for each package that has files here, in dpkg-query's order: by name, then architecture.
# "End" tells awk that dpkg-query ended well: nobody asks the first program of a pipe.
packages_state() {
	marks=/var/lib/apt/extended_states
	[ -r "$marks" ] || marks=/dev/null
	pins=$(packages_pinned "$1") || return 1
	native=$1
	# shellcheck disable=SC2086 # a word each
	set -- $pins
	{
		dpkg-query --show --showformat 'Package: ${Package}
Status: ${Status}
Architecture: ${Architecture}
Version: ${Version}
Multi-Arch: ${Multi-Arch}
Essential: ${Essential}
Protected: ${Protected}
Important: ${Important}
Source: ${source:Package}
Pre-Depends: ${Pre-Depends}
Depends: ${Depends}
Conflicts: ${Conflicts}
Breaks: ${Breaks}
Provides: ${Provides}
' && echo End
	} | awk -v native="$native" -v marks="$marks" -v pins="$*" '
		BEGIN {
			count = split(pins, word, " ")
			for (i = 1; i < count; i += 2) pinned[word[i], word[i + 1]] = 1
			FS = ": "
			while ((getline < marks) > 0) {
				if ($1 == "Package") name = $2
				else if ($1 == "Architecture") architecture = $2
				else if ($0 == "Auto-Installed: 1") auto[name, architecture] = 1
			}
			skip = 1
		}
		$1 == "Package" { if (!skip) print ""; name = $2; next }
		$1 == "Status" { skip = $2 ~ / (not-installed|config-files)$/; if (!skip) print "Package: " name }
		$0 == "End" { has_ended = 1; next }
		skip || $2 == "" || ($1 == "Source" && $2 == name) { next }
		$2 == "no" && $1 ~ /^(Multi-Arch|Essential|Protected|Important)$/ { next }
		{ print }
		$1 == "Architecture" { arch = $2 == "all" ? native : $2 }
		$1 == "Version" && ((name, arch) in auto) { print "Auto: yes" }
		$1 == "Version" && ((name, arch) in pinned) { print "Pinned: yes" }
		END { if (!skip) print ""; exit !has_ended }'
}

# NAME ARCHITECTURE VERSION WANT STATE KIB of every package that has files here; native instead of "all". STATE is
# "installed" where all is done but what others have asked it to do.
packages_installed() {
	dpkg-query --show --showformat '${Package} ${Architecture} ${Version} ${db:Status-Want} ${db:Status-Status} ${Installed-Size}\n' |
		awk -v native="$(packages_native)" '$5 !~ /^(not-installed|config-files)$/ {
			if ($2 == "all") $2 = native
			sub(/^triggers-.*/, "installed", $5)
			print
		}'
}

# Nothing when the package database is consistent, else dpkg's words. A package built without checksums
# of its files is no damage.
packages_audit() {
	audit=$(dpkg --audit 2>&1)
	[ -z "$audit" ] || printf '%s\n' "$audit" | awk '/^[^ ]/ { heading = heading " " $0; if (in_list) { heading = $0; in_list = 0 } next }
		/^ / { in_list = 1; if (heading !~ /md5sums control file/) {
			if (heading != "") { sub(/^ /, "", heading); print heading; heading = "" }
			print } }'
	for journal in /var/lib/dpkg/updates/[0-9]*; do
		[ ! -e "$journal" ] || { echo "dpkg was interrupted: $journal"; break; }
	done
}

# packages_remedy database|dependencies|held|pins|room - what people do about it.
packages_remedy() {
	case $1 in
	database) echo "run: dpkg --configure -a, then: apt-get -f install" ;;
	dependencies) echo "run: apt-get -f install" ;;
	held) echo "apt-mark unhold, or take the pin away, or freeze a set without them" ;;
	pins) echo "see: apt-cache policy, man apt_preferences" ;;
	room) echo "make room: apt-get clean, old kernels, logs" ;;
	esac
}

# Where packages are kept while they are installed.
packages_places() {
	echo /var/cache/apt
}

# PID COMMAND of who holds a lock of apt or dpkg; nothing when all are free.
packages_lock_owner() {
	grep -qs ' POSIX ' /proc/locks || return 0
	stat -c '%i %n' /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/cache/apt/archives/lock 2>/dev/null | awk '
		NR == FNR { inode[NR] = $1; path[NR] = $2; next }
		$2 == "POSIX" && $5 > 0 { sub(/.*:/, "", $6); pids[$6] = pids[$6] " " $5 }
		END { for (i = 1; i in inode; i++) if (inode[i] in pids) print path[i] pids[inode[i]] }' - /proc/locks |
		while read -r lock pids; do
			for pid in $pids; do
				case $(readlink "/proc/$pid"/fd/* 2>/dev/null) in
				*"$lock"*)
					printf '%s %s\n' "$pid" "$(tr '\0\n' '  ' <"/proc/$pid/cmdline" | head -c 200)"
					return
					;;
				esac
			done
		done
}

# The automatic updates that run at this very moment: their process, not what waits for its time.
packages_updaters_running() {
	systemctl show --property=Id,ActiveState apt-daily.service apt-daily-upgrade.service 2>/dev/null |
		awk -F = '$1 == "Id" { id = $2 } $1 == "ActiveState" { state = $2 }
			NF == 0 { if (state ~ /^(activating|active)$/) print id; state = "" }
			END { if (state ~ /^(activating|active)$/) print id }' | sort -u
	grep -lsE '^(unattended-upgr|aptitude|cron-apt)$' /proc/[0-9]*/comm 2>/dev/null |
		while IFS=/ read -r _ _ pid _; do
			command=$(tr '\0\n' '  ' <"/proc/$pid/cmdline" 2>/dev/null)
			case $command in
			'' | *unattended-upgrade-shutdown*) ;;
			*) printf '%s (process %s)\n' "${command% }" "$pid" ;;
			esac
		done
	# A daemon that idles for its next client installs nothing.
	packages_lock_owner | sed -n 's/^\([0-9]*\) \(.*packagekitd.*\)/\2 (process \1)/p'
}

# The units that install packages by themselves, or start what does.
packages_updater_units() {
	echo unattended-upgrades.service apt-daily.timer apt-daily-upgrade.timer packagekit.service
}

# What cron starts for that; the second only where no systemd has timers for it.
packages_updater_files() {
	echo /etc/cron.d/cron-apt
	[ -d /run/systemd/system ] || echo /etc/cron.daily/apt-compat
}

# NAME enabled|disabled active|inactive for everything here that may install packages by itself.
packages_updaters() {
	load=''
	# shellcheck disable=SC2046 # a word each
	while IFS== read -r key value; do
		case $key in
		Id) id=$value ;;
		LoadState) load=$value ;;
		ActiveState) active=$value ;;
		UnitFileState) file=$value ;;
		'')
			[ "$load" != loaded ] || updater_line
			load=''
			;;
		esac
	done <<-UNITS
		$(systemctl show --property=Id,LoadState,ActiveState,UnitFileState $(packages_updater_units) 2>/dev/null)

	UNITS
	[ ! -e /etc/cron.d/cron-apt ] || echo cron-apt enabled inactive
}

# What packages_updaters has read of a unit.
updater_line() {
	case $file in
	enabled* | static*) file=enabled ;;
	*) file=disabled ;;
	esac
	case $active in
	active | activating) active=active ;;
	*) active=inactive ;;
	esac
	echo "$id" "$file" "$active"
}
