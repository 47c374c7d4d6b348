# SPDX-License-Identifier: Apache-2.0
# rebuild.sh - a package is a file with its name and version.

packages_rebuild() {
	grep -q "^$name $version\>" "$PATCHLINE_ROOT/fake" || fail "it is not here"
	echo "$name $version" >"$1"
}
