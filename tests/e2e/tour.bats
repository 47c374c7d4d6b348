#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The tour of the README, command by command, on all hosts of the lab. The archive offers one small package here, and
# Debian's nginx, which the tour brings in by itself; the journey has more of Debian's own.

load ../cli/helper
load lab
load clone

README=$BATS_TEST_DIRNAME/../../README.md

# follow done|refused COMMAND
follow() {
	local ended=done

	echo "# $2"
	bash -c "$2" >said 2>&1 </dev/null || ended=refused
	[ "$ended" = "$1" ] || {
		printf 'was %s, and should have been %s\n' "$ended" "$1"
		cat said
		return 1
	}
}

@test "every command of the README's tour does what the tour shows" {
	[ -e "$README" ] || skip "there is no README.md"
	commands=$("$BATS_TEST_DIRNAME/tour" "$README")
	[ "$(wc -l <<<"$commands")" -ge 10 ]
	grep -q '^refused patchline promote' <<<"$commands"
	# shellcheck disable=SC2046
	lab revert $(awk '/^[a-z]/ && $2 != "outside" { print $1 }' "$LABDIR/hosts")
	offer lab-hello 1.1
	publish "$SUITE" "$MIRROR"/../debian-security/pool/updates/main/n/nginx/nginx*.deb
	export PATCHLINE_CONFIG=$PWD/patchline.yaml
	sed -e "s|^state: .*|state: $PWD/state|" -e "s/suites: \[stable\]/suites: [$SUITE]/" \
		-e 's/sources: \[.*/sources: [lab]/' -e '/name: debian$/,/valid-until/d' -e '/name: debian-security$/,/valid-until/d' \
		"$PATCHLINE_LAB/patchline.yaml" >patchline.yaml
	ln -s "$LABDIR" lab
	mkdir bin
	ln -s "$PATCHLINE" bin/patchline
	PATH=$PWD/bin:$PATH
	while read -r ending command; do
		follow "$ending" "$command"
	done <<<"$commands"
	is_at prod-web1 lab-hello 1.1
	is_at prod-lb1 lab-hello 1.1
	[ "$(version prod-web1 nginx)" != "$(version qa-web1 nginx)" ]
	nothing_left
}
