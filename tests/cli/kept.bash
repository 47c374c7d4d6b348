# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# kept.bash - two sets of a small archive: OLD, which nothing needs, and NEW. For tests of what is kept.
# The hosts are this machine while it is scanned; afterwards nobody can reach them, so that no test can change it.

# kept_make: in the file's folder, once.
kept_make() {
	[ "$(id -u)" -eq 0 ] && [ -x /usr/sbin/sshd ] || return 0
	ARCHIVE_ARCHITECTURE=$(dpkg --print-architecture)
	export ARCHIVE_ARCHITECTURE
	start_sshd "$BATS_FILE_TMPDIR"
	cd "$BATS_FILE_TMPDIR" || return 1
	make_archive "$PWD/archive"
	make_newer archive jq 99.1
	index_archive "$PWD/archive"
	write_fleet "$PWD"
	{ "$PATCHLINE" sync && "$PATCHLINE" scan && "$PATCHLINE" freeze 2.1; } >made.log
	rm archive/pool/jq_99.1.deb
	make_newer archive jq 99.2
	index_archive "$PWD/archive"
	gpgconf --homedir "$PWD/archive/gnupg" --kill all
	{ "$PATCHLINE" sync && "$PATCHLINE" freeze 2.2; } >>made.log
	stop_sshd "$PWD"
}

# kept_begin: a copy for one test; leaves OLD and NEW.
kept_begin() {
	[ "$(id -u)" -eq 0 ] || skip "wants to be root on this machine"
	[ -x /usr/sbin/sshd ] || skip "openssh-server is not installed"
	cp -r "$BATS_FILE_TMPDIR/." "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	echo 1 >port
	write_fleet "$PWD"
	echo 'keep: {for: 30d, sets: 0}' >>patchline.yaml
	OLD=$("$PATCHLINE" sets --json | jq -r '.[1].digest')
	NEW=$("$PATCHLINE" sets --json | jq -r '.[0].digest')
}

# later: forty days from here on.
later() {
	echo $((40 * 24 * 3600)) >clock
	export LD_PRELOAD=$LIBJUMP PATCHLINE_CLOCK=$PWD/clock
}
