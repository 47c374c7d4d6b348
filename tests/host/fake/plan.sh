# SPDX-License-Identifier: Apache-2.0
# plan.sh - a set is the file INDEX with NAME VERSION FILE lines; a fourth word is what the package brings along.

packages_index_files() {
	echo INDEX
}

packages_needs() {
	echo "$PATCHLINE_ROOT 1 1"
}

packages_broken() { :; }

packages_scripts() { :; }

packages_remounts() {
	false
}
