#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bytes that somebody changed: in the pool, in a manifest, upstream. Nothing of it reaches a host.

load ../cli/helper
load lab

# pool_file PACKAGE: of the set just frozen.
pool_file() {
	local hash

	hash=$("$PATCHLINE" show "$SET" --json | jq -r --arg name "$1" '.packages[] | select(.name == $name) | .sha256')
	find state/pool -type f -name "$hash"
}

@test "a changed file of the pool is refused by name, found, fetched again, and then it works" {
	begin production:prod-web1
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	file=$(pool_file lab-hello)
	chmod u+w "$file"
	printf X | dd of="$file" bs=1 seek=100 conv=notrunc status=none
	run_cli 1 promote 2.2 --to production
	has "$output$stderr" lab-hello "patchline verify --repair"
	is_at prod-web1 lab-hello 1.0
	run_cli 1 verify
	has "$output" lab-hello
	run_cli 0 verify --repair
	run_cli 0 promote 2.2 --to production
	is_at prod-web1 lab-hello 1.1
	run_cli 0 verify
}

@test "a changed manifest is refused wherever it is used" {
	begin production:prod-web1
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	file=$(grep -rl 'lab-hello' state/sets | grep "$SET" | grep -v -e Packages -e Release | head -n 1)
	[ -n "$file" ]
	chmod u+w "$file"
	sed -i 's/1\.1/1.2/' "$file"
	run_cli 1 show "$SET"
	has "$stderr" "${SET:0:12}"
	run_cli 1 promote 2.2 --to production
	has "$stderr" "${SET:0:12}"
	run_cli 1 promote 2.2 --to production --dry-run
	run_cli 1 deployed 2.2 --to production
	run_cli 1 diff "$SET" "$SET"
	run_cli 1 verify
	has "$output" "${SET:0:12}"
	is_at prod-web1 lab-hello 1.0
}

# The line's second source: good whatever happens to the first.
add_source() {
	sed -i -e "/^platforms:/i \  - {name: second, uri: \"http://10.77.0.10/lab\", suites: $SUITE-second, keyring: $PATCHLINE_LAB/lab-archive.gpg}" \
		-e 's/sources: \[lab\]/sources: [lab, second]/' patchline.yaml
	publish "$SUITE-second" "$(lab deb lab-conf 1.1 --conffile 'colour = blue' --output "$PWD")"
}

# What is upstream changed behind the archive's back; the last good state stays in use.
spoilt_and_still_frozen() {
	run_cli 1 sync --json
	fits sync
	answers '[.[] | [.source, .is_good]]' '[["lab",false],["second",true]]'
	spoilt=$(jq -r '.[0].error' <<<"$output")
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(frozen)" = $'lab-conf 1.1\nlab-hello 1.1' ]
}

@test "a changed Packages index fails that source alone, and the last good one stays in use" {
	begin production:prod-web1
	add_source
	offer lab-hello 1.1
	run_cli 0 sync
	offer lab-hello 1.2
	index=$MIRROR/dists/$SUITE/main/binary-amd64/Packages
	sed -i 's/^Version: 1.2/Version: 6.6/' "$index"
	xz -0 -kf "$index"
	spoilt_and_still_frozen
	has "$spoilt" Packages "$SUITE"
	run_cli 0 status
	run_cli 0 show lab
	has "$output" Packages

	publish "$SUITE"
	run_cli 0 sync
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(frozen)" = $'lab-conf 1.1\nlab-hello 1.2' ]
}

@test "a wrong signature fails that source alone, and the last good state stays in use" {
	begin production:prod-web1
	add_source
	offer lab-hello 1.1
	run_cli 0 sync
	offer lab-hello 1.2
	suite=$MIRROR/dists/$SUITE
	mkdir -m 700 stranger
	gpg --homedir stranger --batch --quiet --passphrase '' --quick-gen-key 'Stranger <s@example.org>' ed25519 sign never 2>/dev/null
	gpg --homedir stranger --batch --quiet --decrypt "$suite/InRelease" >Release 2>/dev/null || :
	gpg --homedir stranger --batch --quiet --yes --clearsign -o "$suite/InRelease" Release
	gpgconf --homedir stranger --kill all
	spoilt_and_still_frozen
	has "$spoilt" "not in the keyring"

	# Not signed at all.
	cp Release "$suite/InRelease"
	spoilt_and_still_frozen
	has "$spoilt" sign
}

@test "a package that is not what its index says is refused at freeze" {
	begin production:prod-web1
	offer lab-hello 1.1
	run_cli 0 sync
	printf X | dd of="$MIRROR/pool/$SUITE/lab-hello_1.1_all.deb" bs=1 seek=100 conv=notrunc status=none
	run_cli 1 freeze 2.2
	has "$stderr" lab-hello
	run_cli 0 sets --json
	[ "$output" = "[]" ]
}
