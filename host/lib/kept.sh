# SPDX-License-Identifier: Apache-2.0
# kept.sh - configuration files that stayed as somebody made them, while their package brought new ones. Needs a package manager.

# kept_old NEW - the file that stayed.
kept_old() {
	printf '%s\n' "${1%.*}"
}

# The new files whose old ones are there and differ, one a line.
kept_files() {
	packages_kept | while IFS= read -r new; do
		old=$(kept_old "$new")
		[ ! -f "$old" ] || cmp -s "$old" "$new" || printf '%s\n' "$new"
	done
}

kept_words() {
	echo "$(kept_old "$1") is kept as it is; its package brought $1"
}

# kept_difference NEW - a dozen lines of it, where everybody may read both: it leaves this host.
kept_difference() {
	old=$(kept_old "$1")
	[ -z "$(find "$old" "$1" ! -perm -004)" ] || return 0
	diff -U 0 "$old" "$1" | sed 1,2d | cut -c 1-100 | head -n 12
}

# All of it, as a fact: 8 KiB at most.
kept_told() {
	kept_files | while IFS= read -r new; do
		kept_words "$new"
		kept_difference "$new"
	done | head -c 8192
}
