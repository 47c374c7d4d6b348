#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Another package manager is a folder, tests/host/fake, and a row in a table: the programs of host/ as they are, sent and
# followed by the fleet's own code.

bats_require_minimum_version 1.5.0

setup() {
	export PATCHLINE_ROOT=$BATS_TEST_TMPDIR/root PATCHLINE_COMMAND=sh,-c PATCHLINE_ORDER=$BATS_TEST_TMPDIR/order
	mkdir -p "$PATCHLINE_ROOT" "$BATS_TEST_TMPDIR/set/pool"
	printf '%s\n' "shop 1" "lib 3 auto" "tool 9" >"$PATCHLINE_ROOT/fake"
	order "upgrade shop any 1 2" "new extra any - 1"
}

# order LINE... - of set and platform, with a set that has what it asks for.
order() {
	printf '%064d\nfake-1-any\n' 7 >"$PATCHLINE_ORDER"
	printf '%s\n' "$@" >>"$PATCHLINE_ORDER"
	: >"$BATS_TEST_TMPDIR/set/INDEX"
	files=(INDEX)
	while read -r _ name _ _ version; do
		echo "$name $version pool/$name.fake" >>"$BATS_TEST_TMPDIR/set/INDEX"
		echo "$name $version" >"$BATS_TEST_TMPDIR/set/pool/$name.fake"
		files+=("pool/$name.fake")
	done < <(printf '%s\n' "$@")
}

drive() {
	"$DRIVE" host:1 none none "$@"
}

stage() {
	drive stage "$BATS_TEST_TMPDIR/set" "${files[@]}"
}

@test "an inventory of a host with another package manager is one that the controller reads" {
	run drive run inventory
	[ "$status" -eq 0 ]
	grep -qx 'Package: shop' <<<"$output"
	grep -qx 'Auto: yes' <<<"$output"
	grep -qx 'Architectures: any' <<<"$output"
	[[ $output == *"End: yes"* ]]
	rm "$PATCHLINE_ROOT/fake"
	run drive run inventory
	grep -qx 'Package: dpkg' <<<"$output"
}

@test "a host with none that is known says so" {
	"$SOURCE/tools/embed.sh" --show "$SOURCE/host" inventory "$SOURCE/tests/host/fake" >"$BATS_TEST_TMPDIR/inventory.sh"
	rm "$PATCHLINE_ROOT/fake"
	run dash "$BATS_TEST_TMPDIR/inventory.sh"
	[ "$status" -eq 1 ]
	[ "$output" = "no package manager is here that is known" ]
}

@test "a set is staged, checked, installed once and proved" {
	stage
	run drive precheck
	[ "$status" -eq 0 ]
	run drive apply rollout-1 apply-1
	[ "$status" -eq 0 ]
	[[ $output == *"fake: upgrade shop any 1 2"*"done"* ]]
	[ "$(sort "$PATCHLINE_ROOT/fake")" = "$(printf '%s\n' "extra 1 auto" "lib 3 auto" "shop 2" "tool 9")" ]
	run drive verify
	[[ $output != *"error: versions"* ]]
	[[ $output == *"state "* ]]
	run drive apply rollout-1 apply-1
	[[ $output == *"done, was there"* ]]
}

@test "what it has not, and what it would do besides, is refused" {
	run drive precheck
	[ "$status" -eq 1 ]
	[[ $output == *"error: staged: "*"/INDEX is not there"* ]]
	sed -i '1s/$/ stowaway/' "$BATS_TEST_TMPDIR/set/INDEX"
	stage
	run drive apply rollout-1 apply-1
	[ "$status" -eq 3 ]
	[[ $output == *"fake, and not the plan:"*"install stowaway any 1"*"refused, nothing was changed: fake would not do what the plan says"* ]]
	grep -qx 'shop 1' "$PATCHLINE_ROOT/fake"
	run drive verify
	[ "$status" -eq 1 ]
	[[ $output == *"error: versions: "*"shop:any should be 2, is 1"* ]]
}

@test "a host that just started is asked for its health whatever its platform is" {
	printf '%064d\nany\nhealth test -e %s/well\n' 7 "$BATS_TEST_TMPDIR" >"$PATCHLINE_ORDER"
	run drive verify
	[ "$status" -eq 1 ]
	[[ $output == *"error: health: 'test -e $BATS_TEST_TMPDIR/well' ended with 1"* ]]
	: >"$BATS_TEST_TMPDIR/well"
	run drive verify
	[ "$status" -eq 0 ]
	echo "no-version" >>"$PATCHLINE_ROOT/fake"
	run drive verify
	[[ $output == *"error: package-database: no version: no-version -> write the file anew"* ]]
}

@test "a host that drifted is not patched, and one goes back by name" {
	sed -i 's/^shop 1/shop 5/' "$PATCHLINE_ROOT/fake"
	stage
	run drive precheck
	[[ $output == *"error: drift: shop:any is 5 here; the plan was made for 1"* ]]
	order "downgrade shop any 5 1" "remove tool any 9 -"
	rm -r "$PATCHLINE_ROOT/sets"
	stage
	run drive apply rollout-2 apply-1
	[ "$status" -eq 0 ]
	[ "$(sort "$PATCHLINE_ROOT/fake")" = "$(printf '%s\n' "lib 3 auto" "shop 1")" ]
}

@test "a package is built anew by the package manager that the platform has" {
	[ "$(drive run repack shop any 1)" = "shop 1" ]
}
