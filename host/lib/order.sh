# SPDX-License-Identifier: Apache-2.0
# order.sh - what this host is told: one fact a line, the form is in host/README.

order=''

# Keep standard input as the order. Packages for all architectures count as native ones: an update may turn one
# into the other.
order_read() {
	order=$(sed "s/^\(upgrade\|new\|keep\|downgrade\|remove\) \([^ ]*\) all /\1 \2 $(packages_native) /")
	[ "$(order_value order)" = 1 ] && [ "$(order_value end)" = yes ] && return 0
	echo "the order did not arrive whole" >&2
	return 1
}

# order_lines WORD - the rest of every line that starts with WORD.
order_lines() {
	printf '%s\n' "$order" | sed -n "s/^$1 //p"
}

# order_value WORD - the rest of the first such line.
order_value() {
	order_lines "$1" | head -n 1
}

# KIND NAME ARCHITECTURE FROM TO of every package that the order speaks of.
order_changes() {
	printf '%s\n' "$order" | grep -E '^(upgrade|new|keep|downgrade|remove) '
}

# True when the order leads back: packages become older, or go.
order_is_return() {
	printf '%s\n' "$order" | grep -qE '^(downgrade|remove) '
}

# What is ours on this host.
order_root() {
	printf '%s\n' "${PATCHLINE_ROOT:-/var/lib/patchline}"
}

# Where the set of the order is staged.
order_directory() {
	printf '%s/sets/%s/%s\n' "$(order_root)" "$(order_value set)" "$(order_value platform)"
}
