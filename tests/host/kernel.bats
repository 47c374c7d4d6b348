#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Which kernel a reboot would bring: lists of files in /boot, which of them a package owns, what runs, and the right answer.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	host=$BATS_TEST_DIRNAME/../../host
}

# newest RUNNING FILE... - the answer; a file with "!" before it is nobody's.
newest() {
	local running=$1 file
	shift
	rm -rf boot
	mkdir boot
	: >owned
	for file; do
		: >"boot/vmlinuz-${file#!}"
		[ "${file#!}" != "$file" ] || echo "$PWD/boot/vmlinuz-$file" >>owned
	done
	dash -uc '. "$1/lib/facts.sh"; . "$1/apt/state.sh"
		boot=$PWD/boot
		packages_own() { grep -qFx -e "$1" owned; }
		kernel_newest "$2"' newest "$host" "$running"
}

@test "a list of files in /boot has one answer" {
	local wrong=0 right running files name

	while IFS='|' read -r name running files right; do
		# shellcheck disable=SC2086 # a word each
		[ "$(newest $running $files)" = "$right" ] || {
			echo "$name: $(newest $running $files), not $right"
			wrong=1
		}
	done <<-'TABLE'
		nothing there: a container|6.1.0-40-amd64||
		the running one alone|6.1.0-40-amd64|6.1.0-40-amd64|6.1.0-40-amd64
		a newer one|6.1.0-40-amd64|6.1.0-40-amd64 6.1.0-41-amd64|6.1.0-41-amd64
		an older one, and numbers that are no text|6.1.0-10-amd64|6.1.0-10-amd64 6.1.0-9-amd64|6.1.0-10-amd64
		another flavour: rescue|6.1.0-40-amd64|6.1.0-40-amd64 6.1.0-40-amd64-rescue|6.1.0-40-amd64
		another flavour: cloud|6.1.0-40-amd64|6.1.0-40-amd64 6.1.0-41-cloud-amd64 6.1.0-41-rt-amd64|6.1.0-40-amd64
		on cloud, the plain one is another|6.1.0-40-cloud-amd64|6.1.0-40-cloud-amd64 6.1.0-41-amd64 6.1.0-42-cloud-amd64|6.1.0-42-cloud-amd64
		a backup that no package owns|6.1.0-40-amd64|6.1.0-40-amd64 !99.0-custom.dpkg-bak !99.0-0-amd64|6.1.0-40-amd64
		its own kernel that no package owns|6.6.9-mine|!6.6.9-mine !6.6.10-mine|6.6.9-mine
		its own kernel as a package|6.6.9-mine|6.6.9-mine 6.6.10-mine|6.6.10-mine
		without any flavour|6.6.9|6.6.9 6.6.10 6.6.11-amd64|6.6.10
		backports have no ABI number|6.1.0-40-amd64|6.1.0-40-amd64 6.12.9+bpo-amd64|6.12.9+bpo-amd64
		trixie|6.12.43+deb13-amd64|6.12.43+deb13-amd64 6.12.48+deb13-amd64 6.12.48+deb13-cloud-amd64|6.12.48+deb13-amd64
		an ABI with a suite in it|6.1.0-0.deb11.21-amd64|6.1.0-0.deb11.21-amd64 6.1.0-0.deb11.22-amd64 6.1.0-0.deb11.23-cloud-amd64|6.1.0-0.deb11.22-amd64
		a release candidate|6.10-rc6-amd64|6.10-rc6-amd64 6.10-rc7-amd64|6.10-rc7-amd64
		a flavour that begins with a number|6.1.0-40-686-pae|6.1.0-40-686-pae 6.1.0-41-686-pae 6.1.0-41-686|6.1.0-41-686-pae
		Ubuntu|6.8.0-45-generic|6.8.0-45-generic 6.8.0-48-generic 6.8.0-1015-aws|6.8.0-48-generic
		the running one was removed|6.1.0-40-amd64|6.1.0-38-amd64|6.1.0-38-amd64
	TABLE
	[ "$wrong" = 0 ]
}

@test "dpkg is asked who owns a file" {
	file=$(dpkg-query -L dpkg | grep /dpkg-query$ | head -n 1)
	dash -uc '. "$1/apt/state.sh"; packages_own "$2" && ! packages_own "$3"' - "$host" "$file" "$PWD"
}
