# SPDX-License-Identifier: Apache-2.0
# database.sh - is what the package manager knows of this host whole? Needs finding.sh and a package manager.

check_database() {
	audit=$(packages_audit)
	[ -z "$audit" ] || finding package-database error "$audit" "$(packages_remedy database)"
	broken=$(packages_broken)
	[ -z "$broken" ] || finding dependencies error "$broken" "$(packages_remedy dependencies)"
}
