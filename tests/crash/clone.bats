#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Cloning and removing a clone, killed at commits of the store: going on ends as if nothing had happened. Original and copy are
# this machine, by way of tests/cli/copies. CRASH and LIBCRASH come from Meson; EVERY=1 tries each commit.

load ../cli/helper
load ../cli/fleet
load ../cli/production

# One clone, running and clean, both hosts masked once more at most; the provider holds just that; nothing is left in the journal.
write_checks() {
	cat >running <<-'SH'
		set -e
		"$PATCHLINE" verify >/dev/null
		[ "$("$PATCHLINE" clones --json | jq -c '[.[].state]')" = '["running"]' ]
		"$PATCHLINE" show production/clone-1 --json >now
		[ "$(ls copies)" = "$(jq -r .known_as now)" ]
		[ "$(jq -c '[.status, .release, ([.journal[] | select(.state == "running")] | length)]' now)" = '["clean","2.2",0]' ]
		[ "$(jq -c '[.sanitized[] | select(.state == "done")] | length' now)" -ge 2 ]
		[ -z "$(find state/clones -name 'quiesced-*')" ]
	SH
	cat >removed <<-'SH'
		set -e
		"$PATCHLINE" verify >/dev/null
		[ "$("$PATCHLINE" clones --all --json | jq -c '[.[].state]')" = '["removed"]' ]
		[ -z "$(ls copies)" ] && [ -z "$(ls state/clones)" ]
	SH
	cat >go-on <<-'SH'
		set -e
		"$PATCHLINE" resume
		[ "$("$PATCHLINE" clones --json)" != "[]" ] || "$PATCHLINE" clone production
	SH
}

prepare_world() {
	BATS_TEST_DIRNAME=$CRASH/../cli EXTRA=", sanitize: [mask], quiesce: 'echo ready; cat >/dev/null; echo label'" write_production
	sed -i "s|files: \\[$PWD/named\\]|&, sanitize: [mask]|" patchline.yaml
	echo '[ "$PATCHLINE_GROUP" = web ] || grep -qx label' >mask
	write_checks
	"$PATCHLINE" deployed 2.2 --to production
	cp -r state before
}

@test "a clone, killed while it is made" {
	prepare_world
	run "$CRASH/run" --begin 'rm -rf state copies && cp -r before state' --resume 'sh ./go-on' --check 'sh ./running' \
		--from 2 --every "${EVERY:-9}" --when after -- "$PATCHLINE" clone production
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed after 2, and continued"
}

@test "a clone, killed while it is removed" {
	prepare_world
	"$PATCHLINE" clone production
	rm -rf before && cp -r state before && cp -r copies held
	run "$CRASH/run" --begin 'rm -rf state copies && cp -r before state && cp -r held copies' \
		--resume '"$PATCHLINE" resume && "$PATCHLINE" clone remove production/clone-1 --yes' --check 'sh ./removed' \
		--every "${EVERY:-2}" --when before -- "$PATCHLINE" clone remove production/clone-1 --yes
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued"
}
