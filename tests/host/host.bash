# SPDX-License-Identifier: Apache-2.0
# host.bash - the sh programs of host/ as they are sent to hosts, run by dash in a directory of the test.

setup() {
	source_root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export PATCHLINE_ROOT=$BATS_TEST_TMPDIR/root
	for program in command inventory stage precheck apply reboot restart updaters verify run; do
		"$source_root/tools/embed.sh" --show "$source_root/host" $program "$source_root/host/apt" >"$BATS_TEST_TMPDIR/$program.sh"
	done
}

# program NAME ARGUMENT... - run one; standard input is the test's.
program() {
	local name=$1
	shift
	dash "$BATS_TEST_TMPDIR/$name.sh" "$@"
}
