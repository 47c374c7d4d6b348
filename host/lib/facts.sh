# SPDX-License-Identifier: Apache-2.0
# facts.sh - what is true of this host at this moment, whatever package manager it has.

# fact NAME WORD... - one line, or nothing when there is no value.
fact() {
	fact_name=$1
	shift
	[ -z "$*" ] || printf '%s: %s\n' "$fact_name" "$*"
}

# fact_lines NAME TEXT - its lines as one field, or nothing when there are none.
fact_lines() {
	[ -n "$2" ] || return 0
	fact_text=$(printf '%s\n' "$2" | fold_lines)
	[ -z "$fact_text" ] || printf '%s:\n%s\n' "$1" "$fact_text"
}

# fact_rows NAME TEXT - the same for lines that we made ourselves, of plain words: no program has to be started for them.
fact_rows() {
	[ -n "$2" ] || return 0
	printf '%s:\n' "$1"
	set -f
	IFS='
'
	# shellcheck disable=SC2086 # a line each
	printf ' %s\n' $2
	unset IFS
	set +f
}

# platform ARCHITECTURE - debian-12-amd64; a distribution that has no number yet goes by its code name.
platform() {
	os_id='' os_version='' os_codename=''
	while IFS= read -r os_line || [ -n "$os_line" ]; do
		os_value=${os_line#*=}
		case $os_value in
		\"*\") os_value=${os_value#?} && os_value=${os_value%?} ;;
		esac
		case $os_line in
		ID=*) os_id=${os_id:-$os_value} ;;
		VERSION_ID=*) os_version=${os_version:-$os_value} ;;
		VERSION_CODENAME=*) os_codename=${os_codename:-$os_value} ;;
		esac
	done </etc/os-release
	printf '%s-%s-%s\n' "$os_id" "${os_version:-$os_codename}" "$1"
}

# Where kernels lie; a test has its own.
boot=/boot

# kernel_flavour RELEASE - what is behind the version and its ABI number: "cloud-amd64" of 6.1.0-40-cloud-amd64 and of
# 6.12.48+deb13-cloud-amd64. A boot loader that starts one flavour starts its next version, and never another flavour.
kernel_flavour() {
	case $1 in
	*-*) flavour=${1#*-} ;;
	*) flavour='' ;;
	esac
	case $flavour in
	rc[0-9]*-*) flavour=${flavour#*-} ;;
	esac
	case $flavour in
	686-* | [45]kc-*) ;;
	[0-9]*-*) flavour=${flavour#*-} ;;
	esac
	printf '%s\n' "$flavour"
}

# kernel_newest RUNNING - the newest of the running one's flavour that a package owns, or that runs. What else lies in /boot (another
# flavour, a kernel that somebody built, a backup) is nothing that a reboot brings. Empty in a container: it runs on the
# kernel of another machine.
kernel_newest() {
	newest=''
	[ ! -e "$boot/vmlinuz-$1" ] || newest=$1
	wanted=$(kernel_flavour "$1")
	for kernel in "$boot"/vmlinuz-*; do
		[ -e "$kernel" ] || continue
		release=${kernel#"$boot"/vmlinuz-}
		[ "$release" != "$1" ] && [ "$(kernel_flavour "$release")" = "$wanted" ] || continue
		packages_version_newer "$release" "$newest" && packages_own "$kernel" && newest=$release
	done
	printf '%s\n' "$newest"
}

# reboot_reasons RUNNING NEWEST - the packages that ask for a reboot, and the kernel when another than the running would start.
reboot_reasons() {
	[ ! -e /run/reboot-required ] && [ ! -e /run/reboot-required.pkgs ] || reboot_packages
	[ -z "$2" ] || [ "$2" = "$1" ] || printf 'kernel-%s\n' "$2"
}

reboot_packages() {
	for file in /run/reboot-required /run/reboot-required.pkgs; do
		[ -e "$file" ] || continue
		[ "$file" = /run/reboot-required ] && echo unnamed || sort -u "$file"
	done | awk '{ all[NR] = $1; if ($1 != "unnamed") named = 1 }
		END { for (i = 1; i <= NR; i++) if (!(named && all[i] == "unnamed")) print all[i] }'
}

# PID PATH for each file that a process has mapped to run code from, and that was deleted or replaced since. Not
# those that are made to be deleted: shared memory, temporary files, code made while running.
deleted_mappings() {
	maps=$(grep -Hs ' ..x. .* (deleted)$' /proc/[0-9]*/maps 2>/dev/null)
	[ -n "$maps" ] || return 0
	printf '%s\n' "$maps" | awk '$2 ~ /x/ && $5 != 0 {
		split($1, place, "/")
		path = $0
		sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +/, "", path)
		sub(/ \(deleted\)$/, "", path)
		if (path !~ /^\// || path ~ /^\/(SYSV|dev\/|memfd:|tmp\/|var\/tmp\/|run\/|drm|i915|\[)/)
			next
		if (!seen[place[3] " " path]++)
			print place[3], path
	}' | sort -k 1n -k 2
}

# UNIT PID PATH for each of them. The unit is the outermost service or scope of the process's control group, "-"
# when it has none. Processes of containers on this host are not ours to judge.
deleted_libraries() {
	mappings=$(deleted_mappings)
	[ -n "$mappings" ] || return 0
	{
		printf '%s\n' "$mappings" | awk '!seen[$1]++ { print "/proc/" $1 "/ns/pid" }' |
			xargs stat -c %N 2>/dev/null
		echo
		printf '%s\n' "$mappings"
	} | awk -v ours="$(readlink /proc/self/ns/pid)" '
		NF == 0 { asked = 1; next }
		!asked { split($1, place, "/"); is_ours[place[3]] = index($0, ours); next }
		is_ours[$1] { print unit_of($1), $0 }
		function unit_of(pid,    file, line, part, i) {
			if (pid in unit)
				return unit[pid]
			unit[pid] = "-"
			file = "/proc/" pid "/cgroup"
			while (unit[pid] == "-" && (getline line < file) > 0) {
				split(line, part, "/")
				for (i = 2; i in part && unit[pid] == "-"; i++)
					if (part[i] ~ /[.](service|scope)$/)
						unit[pid] = part[i]
			}
			close(file)
			return unit[pid]
		}'
}

# PATH MOUNT SIZE FREE in bytes, for the places that patching fills.
disks() {
	set --
	for path in / /usr /var /boot /tmp $(packages_places) /var/lib/patchline; do
		[ ! -d "$path" ] || set -- "$@" "$path"
	done
	{
		read -r _
		while read -r _ blocks _ free _ mount _; do
			case $blocks$free in
			*[!0-9]*) blocks=0 free=0 ;;
			esac
			printf '%s %s %s %s\n' "$1" "$mount" $((blocks * 1024)) $((free * 1024))
			shift
		done
	} <<-TABLE
		$(df -Pk "$@" 2>/dev/null)
	TABLE
}

# release RELEASE-CHECK - what the command says, at most 4 KiB and 20 seconds of it, and its exit status.
release() {
	[ -n "$1" ] || return 0
	release_text=$(timeout 20 sh -c "$1" 2>&1 </dev/null)
	release_status=$?
	fact_lines Release "$(printf '%.4096s' "$release_text")"
	fact Release-Status "$release_status"
}

# facts PLATFORM RELEASE-CHECK - the paragraph of facts.
facts() {
	read -r hostname </proc/sys/kernel/hostname
	read -r kernel_running </proc/sys/kernel/osrelease
	newest_kernel=$(kernel_newest "$kernel_running")
	reasons=$(reboot_reasons "$kernel_running" "$newest_kernel")
	read -r boot_id </proc/sys/kernel/random/boot_id
	printf 'Format: patchline-inventory 1\n'
	fact Platform "$1"
	fact Hostname "$hostname"
	fact Kernel-Running "$kernel_running"
	fact Kernel-Newest "$newest_kernel"
	fact Boot-Id "$boot_id"
	if [ -n "$reasons" ]; then
		# shellcheck disable=SC2086 # a word each
		fact Reboot-Required yes && fact Reboot-Reasons $reasons
	else
		fact Reboot-Required no
	fi
	fact_lines Deleted-Libraries "$(deleted_libraries)"
	fact_rows Updaters "$(packages_updaters)"
	fact_rows Disks "$(disks)"
	fact Time "$(date +%s)"
	fact_lines Audit "$(packages_audit)"
	fact_lines Kept-Files "$(kept_told)"
	fact Lock-Owner "$(packages_lock_owner)"
	release "$2"
}

# inventory RELEASE-CHECK - facts, state, and a last line that shows that nothing was cut off.
inventory() {
	architectures=$(packages_architectures)
	native=${architectures%% *}
	platform=$(platform "$native")
	facts "$platform" "$1"
	printf '\nPlatform: %s\nArchitectures: %s\n\n' "$platform" "$architectures"
	packages_state "$native" || return 1
	printf 'End: yes\n'
}
