#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh - put the sh programs of host/ into a C table (src/fleet/program.h).
#
#   tools/embed.sh FOLDER NAME...          the table, for the programs FOLDER/NAME.sh
#   tools/embed.sh --show FOLDER NAME      one program as hosts get it
#
# A line ". ./lib/facts.sh" is replaced by that file, so that a program is one text.
set -eu
LC_ALL=C
export LC_ALL

compose() {
	awk -v folder="$1" '
		/^\. \.\// {
			part = folder "/" substr($2, 3)
			while ((got = (getline line < part)) > 0)
				print line
			if (got < 0) {
				print "embed.sh: " FILENAME ": cannot read " part | "cat >&2"
				exit 1
			}
			next
		}
		{ print }' "$1/$2.sh"
}

if [ "$1" = --show ]; then
	compose "$2" "$3"
	exit
fi

folder=$1
shift
echo '/* Made by tools/embed.sh; do not edit. */'
echo '#include "fleet/program_private.h"'
for name; do
	text=$(compose "$folder" "$name")
	printf '\nstatic const char text_%s[] = {\n' "$name"
	printf '%s\n' "$text" | od -An -v -tu1 | sed -e 's/ *\([0-9][0-9]*\)/\1,/g' -e 's/^/\t/'
	echo '};'
done
printf '\nconst struct program programs[] = {\n'
for name; do
	printf '\t{ "%s", text_%s, sizeof text_%s },\n' "$name" "$name" "$name"
done
printf '};\n\nconst size_t programs_count = sizeof programs / sizeof *programs;\n'
