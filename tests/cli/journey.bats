#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# From a signed archive and hosts that answer to a sealed set: what each command says on the way. The hosts are
# this machine, read over ssh on loopback; nothing is rolled out to it.

load helper
load archive
load fleet

setup_file() {
	load archive
	load fleet
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	start_sshd "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_archive "$PWD/archive"
	make_newer archive jq 99.1
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	write_fleet "$PWD"
	"$PATCHLINE" sync >sync.log && "$PATCHLINE" scan >scan.log
}

teardown_file() {
	load fleet
	stop_sshd "$BATS_FILE_TMPDIR"
}

setup() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	write_fleet "$BATS_FILE_TMPDIR" # with this test's own archive
}

# Freeze and find the candidate: sets CANDIDATE and SET.
freeze() {
	run_cli 0 freeze 2.2 --json
	fits freeze
	CANDIDATE=$(jq -r .candidate <<<"$output")
	SET=$(jq -r .set <<<"$output")
}

@test "check finds nothing wrong" {
	run_cli 0 check --json
	fits check
	[ "$(jq -c '[.[] | select(.status == "wrong")]' <<<"$output")" = "[]" ]
	[ "$(jq '[.[] | select(.area == "host")] | length' <<<"$output")" -ge 2 ]
}

@test "scan reads hosts, and equal hosts have one state" {
	run_cli 0 scan --json
	fits scan
	[ "$(jq -c '[.[].host]' <<<"$output")" = '["dev-web1","qa-web1"]' ]
	[ "$(jq '[.[].state] | unique | length' <<<"$output")" = 1 ]
	[ "$(jq '.[0].packages' <<<"$output")" = "$(dpkg-query -W -f '${db:Status-Abbrev}\n' | grep -vc '^.[nc]')" ]
	run_cli 0 show dev-web1 --json
	fits show
	run_cli 0 hosts --json
	fits hosts
}

@test "a dry freeze tells what would be frozen, and seals nothing" {
	run_cli 0 freeze 2.2 --dry-run --json
	fits freeze
	[ "$(jq -c '[.set, (.packages | map(.name))]' <<<"$output")" = '[null,["jq"]]' ]
	run_cli 0 sets --json
	[ "$output" = "[]" ]
}

# suite NAME PACKAGE VERSION FIELD...: another suite of the archive with that package, its Release file with these fields.
suite() {
	local dir=archive/dists/$1 architecture

	architecture=$(dpkg --print-architecture)
	mkdir -p "$dir/main/binary-$architecture"
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\nFilename: pool/x.deb\nSize: 7\nSHA256: %064d\n' "$2" "$3" "$architecture" 7 \
		>"$dir/main/binary-$architecture/Packages"
	{
		printf '%s\n' "Suite: $1" "Codename: $1" "${@:4}" "Date: $(LC_ALL=C date -u +'%a, %d %b %Y %H:%M:%S UTC')" 'SHA256:'
		(cd "$dir" && sha256sum "main/binary-$architecture/Packages" |
			awk -v size="$(stat -c %s "main/binary-$architecture/Packages")" '{ print " " $1, size, $2 }')
	} >"$dir/Release"
	rm -f "$dir/InRelease"
	gpg --homedir archive/gnupg --batch --quiet --clearsign -o "$dir/InRelease" "$dir/Release"
	gpgconf --homedir archive/gnupg --kill all
}

@test "a suite that is not automatic raises nothing that is installed from another; a source with a priority does" {
	suite backports jq 99.2~bpo 'NotAutomatic: yes' 'ButAutomaticUpgrades: yes'
	suite experimental jq 99.3 'NotAutomatic: yes'
	sed -i 's/suites: bookworm,/suites: [bookworm, backports, experimental],/' patchline.yaml
	run_cli 0 sync
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(jq -r '.packages[] | .name + " " + .version' <<<"$output")" = "jq 99.1" ]
	sed -i 's/suites: \[/priority: 600, suites: [/' patchline.yaml
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(jq -r '.packages[] | .name + " " + .version' <<<"$output")" = "jq 99.3" ]
	sed -i 's/priority: 600/priority: 1000/' patchline.yaml
	run_cli 2 sync
	has "$stderr" "is 1000; want 1 to 999"
}

@test "an update that its archive has halted is left out and told; so is that not everybody gets one yet" {
	suite updates jq $'99.2\nPhased-Update-Percentage: 0'
	sed -i 's/suites: bookworm,/suites: updates,/' patchline.yaml
	run_cli 0 sync
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(jq -c '.packages' <<<"$output")" = '[]' ]
	run_cli 0 why dev-web1
	has "$output" "a newer version that its archive has halted: jq"
	suite updates jq $'99.2\nPhased-Update-Percentage: 30'
	run_cli 0 sync
	run_cli 0 freeze 2.2 --dry-run
	has "$output$stderr" "jq 99.2: its archive gives it to 30 % of machines so far"
}

@test "an index that was changed after sync is refused where it is used" {
	local index
	index=$(find state/indexes -maxdepth 1 -type f -size +0) # one suite, one component, one architecture
	sed -i 's/^Version: 99.1$/Version: 99.2/' "$index"
	run_cli 1 freeze 2.2
	has "$stderr" "was changed since it was synced, at 'jq'" "patchline sync"
	rm -r state/universes
	run_cli 1 freeze 2.2
	has "$stderr" "was changed: "
	has "$stderr" "$(basename "$index")"
}

@test "what sync made of the indexes is made again where it is damaged, and the record tells it" {
	local kept
	kept=$(find state/universes -type f)
	printf X | dd of="$kept" bs=1 seek=5000 conv=notrunc status=none
	run_cli 0 freeze 2.2 --dry-run --json
	[ "$(jq -c '.packages | map(.name)' <<<"$output")" = '["jq"]' ]
	run_cli 0 log --json
	[ "$(jq -c '[.[] | select(.kind == "universe.damaged") | .payload.platform]' <<<"$output")" = "[\"$(basename "$kept")\"]" ]
	rm "$kept"
	run_cli 0 sync
	[ -s "$kept" ]
	run_cli 0 freeze 2.2 --dry-run
	run_cli 0 log --json
	[ "$(jq '[.[] | select(.kind == "universe.damaged")] | length' <<<"$output")" = 1 ]
}

@test "freeze seals a set with the advisories between the installed and the new version" {
	freeze
	[ "$(jq -c '.packages[0].advisories' <<<"$output")" = '["CVE-2026-1111","CVE-2026-2222","CVE-2026-3333"]' ]
	run_cli 0 show "$SET" --json
	fits show
	[ "$(jq -r '.packages[0] | .name + " " + .version' <<<"$output")" = "jq 99.1" ]
	run_cli 0 candidates --json
	fits candidates
	run_cli 0 freeze 2.2 --json
	[ "$(jq -c '[.is_unchanged, .set]' <<<"$output")" = "[true,\"$SET\"]" ]
	run_cli 0 verify --json
	fits verify
	[ "$(jq -c '[.is_good, .sets, .problems]' <<<"$output")" = '[true,1,[]]' ]
}

@test "a release that nothing new is pending for has an empty set, and travels with it" {
	run_cli 0 freeze 2.2 --except jq --json
	fits freeze
	[ "$(jq -c '.packages' <<<"$output")" = '[]' ]
	SET=$(jq -r .set <<<"$output")
	run_cli 0 show "$SET" --json
	fits show
	run_cli 0 verify --json
	[ "$(jq .is_good <<<"$output")" = true ]
	run_cli 0 promote 2.2 --to development --dry-run --json
	[ "$(jq -c '[.[] | [.host, .changes]]' <<<"$output")" = '[["dev-web1",0]]' ]
}

@test "freeze refuses names of releases that no candidate could carry" {
	for release in "" "a b" "2.2+1"; do
		run_cli 2 freeze "$release"
	done
}

@test "why names what was frozen and waits, and before that what nobody froze" {
	run_cli 0 why qa-web1 --json
	fits why
	[ "$(jq -r '.answers[0].kind' <<<"$output")" = not-frozen ]
	has "$output" "patchline freeze RELEASE"
	freeze
	run_cli 0 why qa-web1 --json
	fits why
	[ "$(jq -r '.answers[0].kind' <<<"$output")" = not-promoted ]
	has "$output" "patchline promote $CANDIDATE --to development"
}

@test "a gate that knows nothing of its environment refuses" {
	freeze
	run_cli 3 promote "$CANDIDATE" --to qa
	has "$stderr" "development"
	run_cli 0 status --json
	fits status
	[ "$(jq '.environments[0].pending' <<<"$output")" = 1 ]
}

@test "a dry promotion tells what would change on each host, and touches none" {
	freeze
	run_cli 0 promote "$CANDIDATE" --to development --dry-run --json
	fits promote
	[ "$(jq -c '[.[] | [.host, .changes]]' <<<"$output")" = '[["dev-web1",1]]' ]
	run_cli 0 rollouts --json
	[ "$output" = "[]" ]
}

@test "the results of tests count for no candidate while the environment runs none" {
	run_cli 0 deployed 2.1 --to development --json
	fits deployed
	run_cli 0 test development --json
	fits test
	[ "$(jq -c '[.candidate, .tests[0].outcome]' <<<"$output")" = '[null,"passed"]' ]
	run_cli 0 test development
	has "$output" "Counts for no candidate: " "'patchline freeze RELEASE' makes a candidate"
	freeze
	run_cli 0 test development
	has "$output" "'patchline promote 2.2+" "' begins a rollout" "Then 'patchline test development' counts."
	run_cli 0 deployed 2.1 --in development
	run_cli 2 deployed 2.1
	has "$stderr" "--to is missing"
}

@test "damaged files of the pool are found, refused, and fetched again" {
	freeze
	find state/pool -type f -exec sh -c 'echo x >>"$1"' sh {} \;
	run_cli 1 verify --json
	fits verify
	[ "$(jq '[.problems[] | select(.is_mended | not)] | length' <<<"$output")" -ge 2 ]
	run_cli 0 verify --repair --json
	fits verify
	[ "$(jq '[.problems[] | select(.is_mended)] | length' <<<"$output")" -ge 2 ]
	run_cli 0 verify
	has "$output" "all as it was"
}

@test "what no source has any more is named, and stays missing" {
	freeze
	find state/pool -type f -exec sh -c 'echo x >>"$1"' sh {} \;
	rm archive/pool/jq_99.1.deb
	run_cli 1 verify --repair
	has "$output" "jq 99.1"
	has "$stderr" "could not be mended"
}

# ready: the findings of the last answer, "host check severity" each.
ready() {
	jq -r '.[] | .host + " " + .check + " " + .severity' <<<"$output"
}

@test "whether hosts can be patched now is told without a rollout, and nothing stays on them" {
	freeze
	run_cli 0 check development --for "$CANDIDATE" --json
	fits check-for
	has "$(ready)" "dev-web1 ready note"
	lacks "$(ready)" error
	[ ! -e "/var/lib/patchline/sets/$SET" ]
	run_cli 0 check development --for 2.2
	has "$output" "1 packages would change" "1 hosts: 0 errors, 0 warnings"
	run_cli 0 rollouts --json
	[ "$output" = "[]" ]

	# What somebody else has staged for a rollout stays.
	mkdir -p "/var/lib/patchline/sets/$SET/x"
	run_cli 0 check development --for "$CANDIDATE" --json
	[ -d "/var/lib/patchline/sets/$SET/x" ]
	rmdir "/var/lib/patchline/sets/$SET/x" "/var/lib/patchline/sets/$SET"
}

@test "all that speaks against patching is listed at once, for all hosts" {
	freeze
	sed -i 's/hosts: \[{name: qa-web1,[^]]*/&, {name: qa-web2, address: 127.0.0.1, port: 1}/; s/name: web, hosts: \[{name: qa/min-healthy: 1, &/' patchline.yaml
	run_cli 1 check qa --for "$CANDIDATE" --json
	fits check-for
	has "$(ready)" "qa-web1 min-healthy error" "qa-web2 reach error"
	has "$(jq -r '.[] | select(.check == "min-healthy").what' <<<"$output")" \
		"0 of 1 other hosts of group 'web' would serve meanwhile, min-healthy is 1: qa-web2 is patched with it"
	has "$stderr" "'qa' cannot be patched now"
	[ ! -e "/var/lib/patchline/sets/$SET" ]
}

# A host of development that nobody ever scanned: it is this machine as well.
add_unscanned() {
	sed -i 's|hosts: \[{name: dev-web1|hosts: [{name: dev-web2, address: 127.0.0.1, port: '"$(cat "$BATS_FILE_TMPDIR/port")"'}, {name: dev-web1|' \
		patchline.yaml
}

@test "a configured host that was never scanned is named: by freeze, in the set, on the board" {
	add_unscanned
	run_cli 0 freeze 2.2 --dry-run
	has "$output" "Not planned for" "dev-web2 in development: it was never scanned"
	run_cli 3 freeze 2.2 --all-hosts
	has "$stderr" "1 hosts that were never read: dev-web2" "patchline scan"
	freeze
	[ "$(jq -r '.not_planned_for[] | "\(.host) \(.environment) \(.reason)"' <<<"$output")" = \
		"dev-web2 development it was never scanned" ]
	run_cli 0 show "$SET" --json
	fits show
	[ "$(jq -r '.not_planned_for[].host' <<<"$output")" = dev-web2 ]
	run_cli 0 show "$SET"
	has "$output" "NOT PLANNED FOR"
	run_cli 0 status --json
	fits status
	[ "$(jq -r '.drift[] | "\(.host): \(.text)"' <<<"$output")" = "dev-web2: dev-web2 was never scanned" ]
	run_cli 0 status
	has "$output" "development: 1 of 2 hosts was never scanned, first dev-web2"
	run_cli 0 verify --json
	[ "$(jq .is_good <<<"$output")" = true ]
	run_cli 0 scan
	run_cli 0 freeze 2.2 --all-hosts --json
	[ "$(jq -c '[.not_planned_for, .is_unchanged]' <<<"$output")" = '[[],false]' ]
}

@test "no rollout takes a host for done that the set was not planned for, and no gate opens behind it" {
	add_unscanned
	run_cli 0 freeze 2.2 --except jq
	run_cli 1 deployed 2.2 --to development
	has "$stderr" "'development' is mixed"
	has "$output$stderr" "the set was not planned for it: it was never scanned"
	run_cli 3 promote 2.2 --to qa
	run_cli 0 freeze 2.2 --except jq
	run_cli 0 deployed 2.2 --to development
}

@test "a host that is configured after the rollout keeps the gate shut until it was scanned" {
	run_cli 0 freeze 2.2 --except jq
	run_cli 0 deployed 2.2 --to development
	run_cli 0 test development
	run_cli 0 approve 2.2 --in development
	add_unscanned
	run_cli 3 promote 2.2 --to qa
	has "$stderr" "development"
	run_cli 0 status
	has "$output" "dev-web2"
}
