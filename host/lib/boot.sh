# SPDX-License-Identifier: Apache-2.0
# boot.sh - which boot this is, and whether packages were changed in it.

boot_current() {
	cat /proc/sys/kernel/random/boot_id
}

boot_of_change() {
	printf '%s/boot-of-change\n' "${PATCHLINE_ROOT:-/var/lib/patchline}"
}

# To be called before packages are changed.
boot_note_change() {
	note=$(boot_of_change)
	boot_current >"$note.new" && sync "$note.new" && mv "$note.new" "$note"
}

# True when packages were changed since this boot began.
boot_was_changed() {
	boot_current | cmp -s - "$(boot_of_change)"
}
