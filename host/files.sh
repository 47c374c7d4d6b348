#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# files.sh PATH... - print what these files and folders hold: names, permissions, links, SHA-256 of contents.
#
# Only reads. One fact a line, tabs between: "file MODE OWNER:GROUP<tab>PATH", "link TARGET PATH", "missing PATH",
# "sum SHA256 PATH" for each file in the order of the "file" lines. A named path that is a link is told as one,
# and followed; other file systems below a folder are not entered.
set -eu
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

tab=$(printf '\t')
newline='
'

echo 'Format: patchline-files 1'
for path; do
	shift
	[ ! -L "$path" ] || printf 'link\t%s\t%s\n' "$(readlink "$path")" "$path"
	if [ -e "$path" ]; then
		set -- "$@" "$path"
	elif [ ! -L "$path" ]; then
		printf 'missing\t%s\n' "$path"
	fi
done

if [ $# -gt 0 ]; then
	odd=$(find -H "$@" -xdev \( -name "*$newline*" -o -name "*$tab*" \) -print | head -n 1)
	if [ -n "$odd" ]; then
		echo "a name with a tab or a line break in it cannot be told: $odd" >&2
		exit 3
	fi
	find -H "$@" -xdev -type l -printf 'link\t%l\t%p\n'
	find -H "$@" -xdev -type f -printf 'file\t%m %U:%G\t%p\n'
	find -H "$@" -xdev -type f -exec sha256sum -z -- {} + | tr '\0' '\n' | sed "s/^\([0-9a-f]*\)  /sum$tab\1$tab/"
fi
echo 'End: yes'
