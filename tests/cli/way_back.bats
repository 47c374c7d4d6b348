#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# By a snapshot only where it holds all that would be lost. The hosts are not there (tests/bench/sim_host.c), the provider is copies.

load helper
load archive
load simulated

# snapshots KEYS GAP: hosts h1 and h2 of a group with these keys, and a provider whose snapshots leave out GAP.
snapshots() {
	fleet "wave: 2" h1 h2
	python3 - "$PWD" "$BATS_TEST_DIRNAME/copies" "$1" "$2" <<-'PY'
		import sys
		here, copies, keys, gap = sys.argv[1:]
		text = open("patchline.yaml").read().replace("wave: 2", keys)
		text = text.replace("environments:", "providers:\n  - name: copies\n    command: [%s]\n"
		    "    options: {folder: %s/copies, gap: '%s'}\nenvironments:" % (copies, here, gap), 1)
		text = text.replace("- name: sim", "- name: sim\n    clone: {provider: copies}", 1)
		open("patchline.yaml", "w").write(text)
	PY
}

kinds() { rollout '[.hosts[].way_back_kind] | unique'; }
changed() { cat hosts/*/packages-changed 2>/dev/null | wc -l; }

@test "snapshots that hold all of a host are its way back, and else a downgrade is" {
	snapshots "wave: 2" ""
	run_cli 0 promote 1.0 --to sim
	[ "$(kinds)" = '["snapshot"]' ]
}

@test "where a snapshot would leave something out, the way back is a downgrade" {
	snapshots "wave: 2" /var/lib/docker
	run_cli 0 promote 1.0 --to sim
	[ "$(kinds)" = '["downgrade"]' ]
	[ ! -e copies/@snapshots ]
}

@test "a snapshot that was asked for and leaves something out is refused, with what that is" {
	snapshots "wave: 2, way-back: snapshot" /var/lib/docker
	run_cli 1 promote 1.0 --to sim
	has "$output$stderr" "no way back: a snapshot does not hold /var/lib/docker (another disk)"
	[ "$(changed)" = 0 ]
	run_cli 0 promote 1.0 --to sim --without-way-back "it is thrown away tomorrow"
	[ "$(kinds)" = '["none"]' ]
}

@test "a stateful group without declared data goes back by downgrade" {
	snapshots "wave: 2, stateful: true" ""
	run_cli 0 promote 1.0 --to sim
	[ "$(kinds)" = '["downgrade"]' ]
}
