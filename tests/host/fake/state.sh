# SPDX-License-Identifier: Apache-2.0
# state.sh - a package manager for tests: NAME VERSION lines in the file "fake", " auto" behind those that nobody asked for.

packages_manager() {
	echo fake
}

packages_native() {
	echo any
}

packages_architectures() {
	echo any
}

packages_version_newer() {
	expr "x$1" \> "x$2" >/dev/null
}

packages_own() {
	false
}

packages_kept() { :; }

packages_configuration() { :; }

packages_state() {
	sort "$PATCHLINE_ROOT/fake" | awk 'NF > 1 {
		printf "Package: %s\nStatus: install ok installed\nArchitecture: any\nVersion: %s\n", $1, $2
		print $3 == "auto" ? "Auto: yes\n" : ""
	}'
}

packages_pinned() { :; }

packages_pins_unread() { :; }

packages_installed() {
	awk '{ print $1, "any", $2, "install installed 1" }' "$PATCHLINE_ROOT/fake"
}

packages_audit() {
	awk 'NF < 2 { print "no version: " $0 }' "$PATCHLINE_ROOT/fake"
}

packages_remedy() {
	echo "write the file anew"
}

packages_places() {
	echo "$PATCHLINE_ROOT"
}

packages_lock_owner() { :; }

packages_updaters() { :; }

packages_updaters_running() { :; }

packages_updater_units() { :; }

packages_updater_files() { :; }
