#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh - put the sh programs of host/ into a C table (src/fleet/program.h).
#
#   tools/embed.sh FOLDER NAME... -- MANAGER...     the table, for the programs FOLDER/NAME.sh
#   tools/embed.sh --show FOLDER NAME [MANAGER...]  one program as hosts get it
#
# A line ". ./lib/facts.sh" is replaced by that file, so that a program is one text. MANAGER is the folder of a package
# manager: ". ./packages/plan.sh" is its file of that name, and the program is in the table once a manager.
# ". ./packages/any/plan.sh" is the file of the first manager that its here.sh finds on the host.
set -eu
LC_ALL=C
export LC_ALL

# compose FOLDER NAME MANAGER...
compose() {
	folder=$1
	program=$1/$2.sh
	shift 2
	managers=$(printf '%s\n' "$@") awk -v folder="$folder" '
		function put(part,    line, got) {
			while ((got = (getline line < part)) > 0)
				print line
			if (got < 0) {
				print "embed.sh: " FILENAME ": cannot read " part | "cat >&2"
				exit 1
			}
			close(part)
		}
		BEGIN { count = split(ENVIRON["managers"], manager, "\n") }
		/^\. \.\/packages\/any\// {
			for (i = 1; i <= count; i++) {
				print i == 1 ? "if" : "elif"
				put(manager[i] "/here.sh")
				print "then"
				put(manager[i] substr($2, 15))
			}
			print "else\n\techo \"no package manager is here that is known\" >&2\n\texit 1\nfi"
			next
		}
		/^\. \.\/packages\// { put(manager[1] substr($2, 11)); next }
		/^\. \.\// { put(folder "/" substr($2, 3)); next }
		{ print }' "$program"
}

if [ "$1" = --show ]; then
	shift
	compose "$@"
	exit
fi

# embed IDENTIFIER FOLDER NAME MANAGER...
embed() {
	identifier=$1
	shift
	text=$(compose "$@")
	printf '\nstatic const char text_%s[] = {\n' "$identifier"
	printf '%s\n' "$text" | od -An -v -tu1 | sed -e 's/ *\([0-9][0-9]*\)/\1,/g' -e 's/^/\t/'
	echo '};'
}

folder=$1
shift
names=''
while [ "$1" != -- ]; do
	names="$names $1"
	shift
done
shift

echo '/* Made by tools/embed.sh; do not edit. */'
echo '#include "fleet/program_private.h"'
rows=''
for name in $names; do
	if ! grep -q '^\. \./packages/[a-z]*\.sh' "$folder/$name.sh"; then
		embed "$name" "$folder" "$name" "$@"
		rows="$rows$name - $name
"
		continue
	fi
	for manager; do
		embed "${name}_${manager##*/}" "$folder" "$name" "$manager"
		rows="$rows$name ${manager##*/} ${name}_${manager##*/}
"
	done
done
printf '\nconst struct program programs[] = {\n'
printf '%s' "$rows" | while read -r name manager identifier; do
	printf '\t{ "%s", "%s", text_%s, sizeof text_%s },\n' "$name" "${manager#-}" "$identifier" "$identifier"
done
printf '};\n\nconst size_t programs_count = sizeof programs / sizeof *programs;\n'
