#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# globals.sh - mutable globals in compiled objects; there are to be none.
#
#   tools/globals.sh FILE...     static libraries or objects
#
# Constant tables that hold pointers live in .data.rel.ro and are read-only once the program runs.
# Prints each offender as "object: name (section)"; exit status 1 when there is any.
set -eu

[ $# -gt 0 ] || { echo "usage: tools/globals.sh FILE..." >&2; exit 2; }
for file; do
	[ -r "$file" ] || { echo "globals.sh: cannot read $file" >&2; exit 2; }
done

nm --format=sysv --defined-only "$@" | awk -F'|' '
/^(Symbols|Undefined symbols) from / || /:$/ {
	object = $0
	sub(/^[A-Za-z ]* from /, "", object)
	sub(/:$/, "", object)
	objects++
}
NF >= 7 {
	name = $1; section = $7
	gsub(/[ \t]/, "", name); gsub(/[ \t]/, "", section)
	symbols++
	if (section ~ /^\.(data|bss|tdata|tbss)/ && section !~ /^\.data\.rel\.ro/ || section == "*COM*") {
		printf "%s: %s (%s)\n", object, name, section
		bad = 1
	}
}
END {
	if (!symbols) {
		print "globals.sh: no symbols read"
		bad = 1
	}
	exit bad
}'
