# SPDX-License-Identifier: Apache-2.0
# facts.sh - what is true of this host at this moment, whatever package manager it has.

# fact NAME VALUE - one line, or nothing when there is no value.
fact() {
	[ -z "$2" ] || printf '%s: %s\n' "$1" "$2"
}

# fact_lines NAME - the lines of standard input as one field, or nothing when there are none.
fact_lines() {
	fact_text=$(fold_lines)
	[ -z "$fact_text" ] || printf '%s:\n%s\n' "$1" "$fact_text"
}

# os_release FIELD - a value of os-release, without its quotes.
os_release() {
	sed -n -e "s/^$1=//p" /etc/os-release | sed -e 's/^"\(.*\)"$/\1/' | head -n 1
}

# debian-12-amd64; a distribution that has no number yet goes by its code name.
platform() {
	platform_version=$(os_release VERSION_ID)
	printf '%s-%s-%s\n' "$(os_release ID)" "${platform_version:-$(os_release VERSION_CODENAME)}" \
		"$(packages_architectures | cut -d ' ' -f 1)"
}

# Empty in a container: it runs on the kernel of another machine.
kernel_newest() {
	newest=''
	for kernel in /boot/vmlinuz-*; do
		[ -e "$kernel" ] || continue
		kernel=${kernel#/boot/vmlinuz-}
		packages_version_newer "$kernel" "$newest" && newest=$kernel
	done
	printf '%s\n' "$newest"
}

# The packages that ask for a reboot, and the kernel when a newer one than the running is installed.
reboot_reasons() {
	for file in /run/reboot-required /run/reboot-required.pkgs; do
		[ -e "$file" ] || continue
		[ "$file" = /run/reboot-required ] && echo unnamed || sort -u "$file"
	done | awk '{ all[NR] = $1; if ($1 != "unnamed") named = 1 }
		END { for (i = 1; i <= NR; i++) if (!(named && all[i] == "unnamed")) print all[i] }'
	[ -z "$1" ] || [ "$1" = "$(uname -r)" ] || printf 'kernel-%s\n' "$1"
}

# PID PATH for each file that a process has mapped to run code from, and that was deleted or replaced since. Not
# those that are made to be deleted: shared memory, temporary files, code made while running.
deleted_mappings() {
	grep -Hs ' (deleted)$' /proc/[0-9]*/maps 2>/dev/null | awk '$2 ~ /x/ && $5 != 0 {
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
	df -Pk "$@" 2>/dev/null | awk -v paths="$*" 'BEGIN { split(paths, path, " ") }
		NR > 1 { printf "%s %s %.0f %.0f\n", path[NR - 1], $6, $2 * 1024, $4 * 1024 }'
}

# release RELEASE-CHECK - what the command says, at most 4 KiB and 20 seconds of it, and its exit status.
release() {
	[ -n "$1" ] || return 0
	release_text=$(timeout 20 sh -c "$1" 2>&1 </dev/null)
	release_status=$?
	printf '%s\n' "$release_text" | head -c 4096 | fact_lines Release
	fact Release-Status "$release_status"
}

# facts RELEASE-CHECK - the paragraph of facts.
facts() {
	newest_kernel=$(kernel_newest)
	reasons=$(reboot_reasons "$newest_kernel" | tr '\n' ' ')
	printf 'Format: patchline-inventory 1\n'
	fact Platform "$(platform)"
	fact Hostname "$(uname -n)"
	fact Kernel-Running "$(uname -r)"
	fact Kernel-Newest "$newest_kernel"
	fact Boot-Id "$(cat /proc/sys/kernel/random/boot_id)"
	fact Reboot-Required "$([ -z "$reasons" ] && echo no || echo yes)"
	fact Reboot-Reasons "${reasons% }"
	deleted_libraries | fact_lines Deleted-Libraries
	packages_updaters | fact_lines Updaters
	disks | fact_lines Disks
	fact Time "$(date +%s)"
	packages_audit | fact_lines Audit
	fact Lock-Owner "$(packages_lock_owner)"
	release "$1"
}

# inventory RELEASE-CHECK - facts, state, and a last line that shows that nothing was cut off.
inventory() {
	facts "$1"
	printf '\nPlatform: %s\nArchitectures: %s\n\n' "$(platform)" "$(packages_architectures)"
	packages_state || return 1
	printf 'End: yes\n'
}
