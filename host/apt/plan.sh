# SPDX-License-Identifier: Apache-2.0
# plan.sh - what the order needs on this host. Only reads.

# What of a staged set tells which packages are in it.
packages_index_files() {
	echo Packages InRelease
}

# KIB INODES that the plan may need where packages are unpacked: what is new, what grows, and the largest package once
# more, because new files lie beside the old ones for a moment. An index does not tell how many files a package has: one
# for 8 KiB is more than nearly all of Debian's have.
plan_growth() {
	{
		plan_and_packages
		echo
		cat "$(order_directory)/Packages" 2>/dev/null
	} | awk -v native="$(packages_native)" '
		NF == 0 && part < 2 { part++; next }
		part == 0 { size[$1, $2] = $6; next }
		part == 1 { wanted[$2, $3, $5] = $1 != "keep"; next }
		$1 == "Package:" { name = $2 }
		$1 == "Version:" { version = $2 }
		$1 == "Architecture:" { architecture = $2 == "all" ? native : $2 }
		$1 == "Installed-Size:" { kib = $2 }
		NF == 0 { count() }
		END { count(); printf "%.0f %.0f\n", grown + largest, (grown + largest) / 8 + 64 }
		function count() {
			if (wanted[name, architecture, version]) {
				if (kib > size[name, architecture]) grown += kib - size[name, architecture]
				if (kib > largest) largest = kib
			}
			name = ""; kib = 0
		}'
}

# KiB of the plan's packages that are not staged yet.
plan_unstaged() {
	{
		order_changes
		echo
		cat "$(order_directory)/Packages" 2>/dev/null
	} | awk -v native="$(packages_native)" '
		NF == 0 && !asked { asked = 1; next }
		!asked { wanted[$2, $3, $5] = $1 != "keep"; next }
		$1 == "Package:" { name = $2 }
		$1 == "Version:" { version = $2 }
		$1 == "Architecture:" { architecture = $2 == "all" ? native : $2 }
		$1 == "Size:" { size = $2 }
		$1 == "Filename:" { file = $2 }
		NF == 0 { tell() }
		END { tell() }
		function tell() {
			if (wanted[name, architecture, version]) print size, file
			name = ""
		}' | while read -r size file; do
		[ -e "$(order_directory)/$file" ] || echo "$size"
	done | awk '{ sum += $1 } END { printf "%.0f\n", sum / 1024 }'
}

# How many packages of the plan have a name like this.
plan_count() {
	order_changes | grep -Ec "^(upgrade|new) ($1)"
}

# PATH KIB INODES that the plan may need in each place that is written to. Places that share a file system add up.
packages_needs() {
	kernels=$(plan_count 'linux-image-[0-9]')
	loaders=$(plan_count '(shim|grub-efi|systemd-boot)')
	status=$(du -k /var/lib/dpkg/status | cut -f 1)
	changes=$(order_changes | wc -l)
	printf '/usr %s\n' "$(plan_growth)"
	cat <<-NEEDS
		/ 8192 64
		/var 32768 64
		/var/lib/dpkg $((2 * status + 4096)) $((8 * changes + 32))
		/var/cache/apt 1024 8
		$(order_root) $(($(plan_unstaged) + 3 * status + 16384)) $((changes + 64))
		/tmp 4096 32
	NEEDS
	[ "$kernels" = 0 ] || printf '/boot %s 32\n/var/tmp %s 2048\n' $((131072 * kernels)) 262144
	[ "$loaders" = 0 ] || [ ! -d /boot/efi ] || echo /boot/efi 16384 0
}

# Where scripts of packages lie while they run.
packages_scripts() {
	echo /var/lib/dpkg/info
}

# packages_remounts MOUNT - true when a hook of the host's makes it writable before dpkg runs.
packages_remounts() {
	apt-config dump 2>/dev/null | grep '^DPkg::Pre-Invoke:' | grep remount | tr ' ";&|' '\n' | grep -Fqx -e "$1"
}

# Nothing when what is installed has all that it depends on, else apt's words.
packages_broken() {
	apt-get -qq -o Debug::NoLocking=1 -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= check 2>&1 | grep -vE '^(W|N):' | head -n 20
}
