#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Freezing what is asked for by name or id, for one environment: that, what it needs, and nothing more.
# The hosts are this machine, read over ssh on loopback.

load helper
load archive
load fleet

# add_package ARCHIVE NAME VERSION CONTROL CHANGE: with the entry CHANGE, and an old one for what is installed.
add_package() {
	local installed folder=package

	installed=$(dpkg-query -W -f '${Version}' "$2" 2>/dev/null) || installed=0
	rm -rf "$folder"
	mkdir -p "$folder/DEBIAN" "$folder/usr/share/doc/$2"
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$2" "$3" "$(dpkg --print-architecture)"
		printf 'Maintainer: N <n@example.org>\n%bDescription: newer\n' "$4"
	} >"$folder/DEBIAN/control"
	printf '%s (%s) stable; urgency=high\n\n  * %s\n\n -- N <n@example.org>  %s\n\n' \
		"$2" "$3" "$5" "Mon, 23 Nov 2026 10:00:00 +0000" \
		"$2" "$installed" "Fix CVE-2025-9999, which everybody has." "Mon, 24 Nov 2025 10:00:00 +0000" |
		gzip -9n >"$folder/usr/share/doc/$2/changelog.Debian.gz"
	dpkg-deb --root-owner-group -b "$folder" "$1/pool/$2_$3.deb" >/dev/null
}

setup_file() {
	load archive
	load fleet
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	start_sshd "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_archive "$PWD/archive"
	add_package archive jq 99.1 'Depends: libjq1 (= 99.1), jq-data\n' "Fix CVE-2026-1111 and CVE-2026-2222."
	add_package archive libjq1 99.1 'Source: jq\n' "Fix CVE-2026-1111 and CVE-2026-2222."
	add_package archive jq-data 99.1 'Source: jq\n' "New."
	add_package archive sed 99.2 '' "Fix GHSA-vh2m-22xx-q8qf (DSA-6001-1)."
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

# frozen WORD...: the packages of a freeze for qa with these words, as "name: why".
frozen() {
	run_cli 0 freeze 2.2 --for qa --json "$@"
	fits freeze
	told=$(jq -r '.packages[] | .name + ": " + .why' <<<"$output")
}

@test "a CVE is found in changelogs, and brings what its packages need, and nothing more" {
	frozen --fix CVE-2026-2222
	[ "$told" = "jq: asked for: CVE-2026-2222
jq-data: needed by jq
libjq1: asked for: CVE-2026-2222" ]
	run_cli 0 freeze 2.2 --for qa --fix CVE-2026-2222
	has "$output" "1 packages that were not asked for" "needed by jq" "Unchanged:"
}

@test "a changelog that cannot be unpacked takes nothing else away" {
	mkdir again
	cp -r archive again/
	dpkg-deb -R again/archive/pool/sed_99.2.deb again/sed
	printf 'sed (99.3)' | gzip | head -c 25 >again/sed/usr/share/doc/sed/changelog.Debian.gz
	sed -i 's/^Version: .*/Version: 99.3/' again/sed/DEBIAN/control
	dpkg-deb --root-owner-group -b again/sed archive/pool/sed_99.3.deb >/dev/null
	index_archive "$PWD/archive"
	sed -i "s|file:[^\"]*/archive|file://$PWD/archive|" patchline.yaml
	run_cli 0 sync
	run_cli 0 freeze 2.3 --for qa
	has "$output" "note: the changelog of sed 99.3 cannot be unpacked" "jq"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
}

@test "other ids, in any case of letters" {
	frozen --fix ghsa-vh2m-22xx-q8qf
	[ "$told" = "sed: asked for: GHSA-vh2m-22xx-q8qf" ]
	frozen --fix DSA-6001-1
	[ "$told" = "sed: asked for: DSA-6001-1" ]
}

@test "a package, the source of packages, several of them" {
	frozen --fix libjq1
	[ "$told" = "jq: goes with libjq1
jq-data: needed by jq
libjq1: asked for: libjq1" ]
	frozen --fix jq --fix sed
	[ "$told" = "jq: asked for: jq
jq-data: needed by jq
libjq1: asked for: jq
sed: asked for: sed" ]
}

@test "only the hosts of the environment count" {
	frozen --fix sed
	[ "$(jq '.packages[0].hosts' <<<"$output")" = 1 ]
	run_cli 0 freeze 2.2 --fix sed --dry-run --json
	[ "$(jq '.packages[0].hosts' <<<"$output")" = 2 ]
}

@test "an id that hosts have the fix of, and one that nobody names" {
	run_cli 1 freeze 2.2 --for qa --fix CVE-2025-9999
	has "$stderr" "CVE-2025-9999 is fixed already" "which is installed"
	run_cli 1 freeze 2.2 --for qa --fix CVE-2026-4711
	has "$stderr" "names CVE-2026-4711" "changelogs of 3 packages were read" "patchline sync"
}

@test "a package that is as new as can be, and one that nobody has" {
	run_cli 1 freeze 2.2 --for qa --fix bash
	has "$stderr" "nothing newer than bash"
	run_cli 1 freeze 2.2 --for qa --fix nosuch
	has "$stderr" "neither a package that the hosts of qa have"
	run_cli 2 freeze 2.2 --for qa --fix sed --only jq
	run_cli 2 freeze 2.2 --for nowhere --fix sed
}

@test "a set of the snapshot lane does not ride with the release" {
	frozen --fix sed
	CANDIDATE=$(jq -r .candidate <<<"$output")
	run_cli 0 candidates --json
	fits candidates
	[ "$(jq -r '.[0] | .id + " " + .lane' <<<"$output")" = "$CANDIDATE snapshot" ]
	run_cli 0 deployed 2.2 --to development --json
	[ "$(jq -r .outcome <<<"$output")" = recorded ]
	run_cli 1 promote 2.2 --to development
	run_cli 3 promote "$CANDIDATE" --to development
	has "$stderr" "snapshot lane"
	run_cli 0 freeze 2.2 --json
	[ "$(jq -r .is_unchanged <<<"$output")" = false ]
}
