# SPDX-License-Identifier: Apache-2.0
# rebuild.sh - build the .deb of an installed package anew.
#
# What dpkg knows of the package (control fields, scripts, triggers) is taken from its database, files are taken as they are
# now, configuration files too. The program sets: name, architecture, version, work (a folder of its own), and defines fail().

root=${DPKG_ROOT-}
database=${DPKG_ADMINDIR:-$root/var/lib/dpkg}

# The package as dpkg-query names it: one for all architectures has none in its name.
find_package() {
	for package in "$name:$architecture" "$name"; do
		# shellcheck disable=SC2016 # fields of dpkg
		found=$(dpkg-query --admindir="$database" --show --showformat \
			'${db:Status-Status} ${Version} ${Architecture}' "$package" 2>/dev/null) || continue
		[ "$found" != "installed $version $architecture" ] || return 0
	done
	fail "this host has it not; dpkg says '${found:-nothing}'"
}

# What dpkg wrote into its status and no package has is left out.
write_control() {
	dpkg-query --admindir="$database" --status "$package" | awk '
		/^[^ \t]/ { skip = tolower($1) ~ /^(status|conffiles|config-version|triggers-pending|triggers-awaited):$/ }
		!skip' >"$tree/DEBIAN/control"
}

# Scripts and lists. A configuration file that somebody removed is in no package any more.
copy_control_files() {
	dpkg-query --admindir="$database" --control-list "$package" | while read -r file; do
		cp -p "$(dpkg-query --admindir="$database" --control-path "$package" "$file")" "$tree/DEBIAN/$file" || exit 1
	done || return 1
	[ -e "$tree/DEBIAN/conffiles" ] || return 0
	while read -r word path; do
		[ "$word" = remove-on-upgrade ] || path=$word
		[ ! -f "$root$path" ] || printf '%s\n' "$path"
	done <"$tree/DEBIAN/conffiles" >"$work/conffiles"
	mv "$work/conffiles" "$tree/DEBIAN/conffiles"
	[ -s "$tree/DEBIAN/conffiles" ] || rm "$tree/DEBIAN/conffiles"
}

# DIRECTORY or FILE, the path, and where it lies: elsewhere when another package diverts it. A link to a folder, below
# which the package has files, is the host's own way of laying out folders: the package has a folder there.
list_files() {
	list=$database/info/$name:$architecture.list
	[ -e "$list" ] || list=$database/info/$name.list
	diversions=$database/diversions
	[ -r "$diversions" ] || diversions=/dev/null
	awk -v package="$name" -v diversions="$diversions" '
		BEGIN {
			while ((getline from < diversions) > 0 && (getline to < diversions) > 0 && (getline who < diversions) > 0)
				if (who != package) diverted[from] = to
		}
		$0 != "/." { paths[++count] = $0; parent = $0; sub(/\/[^\/]*$/, "", parent); has_children[parent] = 1 }
		END {
			for (i = 1; i <= count; i++) {
				path = paths[i]
				print (path in has_children ? "directory" : "file") "\t" path "\t" (path in diverted ? diverted[path] : path)
			}
		}' "$list"
}

copy_directory() {
	mkdir -p "$tree$1" && chmod "$(stat -L -c %a "$root$1")" "$tree$1" &&
		chown "$(stat -L -c %u:%g "$root$1")" "$tree$1"
}

copy_file() {
	mkdir -p "$tree${1%/*}" && cp -a "$root$2" "$tree$1"
}

# Those that lie where the package has them, all at once: a process for each would take long.
copy_leaves() {
	tar -C "${root:-/}" --no-recursion --verbatim-files-from -T "$work/leaves" -cf "$work/leaves.tar" &&
		tar -C "$tree" --numeric-owner -xpf "$work/leaves.tar" && rm "$work/leaves.tar"
}

copy_files() {
	list_files >"$work/files"
	: >"$work/leaves"
	tab=$(printf '\t')
	while IFS=$tab read -r kind path place; do
		if [ ! -e "$root$place" ] && [ ! -L "$root$place" ]; then
			echo "left out, the host has it not: $path" >&2
		elif [ "$kind" = directory ] || { [ -d "$root$place" ] && [ ! -L "$root$place" ]; }; then
			copy_directory "$path" || return 1
		elif [ "$path" = "$place" ]; then
			printf '%s\n' "${path#/}" >>"$work/leaves"
		else
			copy_file "$path" "$place" || return 1
		fi
	done <"$work/files"
	copy_leaves
}

# packages_rebuild FILE - write it there.
packages_rebuild() {
	case $name$architecture in
	*[!a-z0-9.+-]*) fail "that is no package" ;;
	esac
	find_package
	tree=$work/tree
	mkdir -p "$tree/DEBIAN" || fail "cannot make $tree"
	write_control || fail "dpkg's database cannot be read"
	copy_control_files || fail "its scripts cannot be copied"
	copy_files || fail "its files cannot be copied"
	dpkg-deb --nocheck -Zgzip -z1 --build "$tree" "$1" >&2 || fail "dpkg-deb does not build it"
}
