#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# apt.bats - syncing an archive: what is believed, what is refused, and what a failure leaves behind.

load fixture

setup_file() {
	make_archive
	cp -a "$archive/dists" "$BATS_FILE_TMPDIR/dists.good"
	serve
}

teardown_file() {
	leave_archive
}

setup() {
	reset_archive
	config
}

requests() {
	grep -c "$1" "$BATS_FILE_TMPDIR/server/log" || :
}

@test "a signed archive is synced, and its index is a file named by its digest" {
	run "$DRIVER" apt "$config" test
	[ "$status" -eq 0 ]
	want=$(digest "$archive/dists/stable/main/binary-amd64/Packages")
	[[ $output == *"index stable main amd64 $want "* ]]
	cmp "$archive/dists/stable/main/binary-amd64/Packages" "$state/indexes/$want"
	[ ! -e "$state"/indexes/releases/test/*.packed ]
}

@test "what has not changed is not sent again" {
	"$DRIVER" apt "$config" test
	run "$DRIVER" apt "$config" test
	[[ $output == *"fetched 0"* ]]
	[ "$(requests '^200 .*InRelease')" -eq 1 ]
	[ "$(requests '^304 .*InRelease')" -eq 1 ]
	[ "$(requests 'Packages')" -eq 1 ]
}

@test "an index that was damaged on disk is fetched again" {
	"$DRIVER" apt "$config" test
	want=$(digest "$archive/dists/stable/main/binary-amd64/Packages")
	printf X | dd of="$state/indexes/$want" bs=1 seek=9 conv=notrunc status=none
	run "$DRIVER" apt "$config" test
	[[ $output == *"fetched 1"* ]]
	[ "$(digest "$state/indexes/$want")" = "$want" ]
}

@test "by-hash is used where the archive has it, and the name where it only says so" {
	release stable archive Acquire-By-Hash=yes
	"$DRIVER" apt "$config" test
	[ "$(requests '^404 .*by-hash')" -eq 1 ]
	[ "$(requests '^200 .*Packages.xz')" -eq 1 ]
	dir=$archive/dists/stable/main/binary-amd64
	mkdir -p "$dir/by-hash/SHA256"
	cp "$dir/Packages.xz" "$dir/by-hash/SHA256/$(digest "$dir/Packages.xz")"
	rm -r "$state"
	"$DRIVER" apt "$config" test
	[ "$(requests '^200 .*by-hash')" -eq 1 ]
}

@test "an armored keyring is as good as a binary one" {
	config "$url/plain" "$keys/archive.asc"
	"$DRIVER" apt "$config" test
}

@test "Release with Release.gpg is as good as InRelease" {
	dir=$archive/dists/stable
	gpg --batch --quiet -u archive --detach-sign --armor -o "$dir/Release.gpg" "$dir/Release"
	rm "$dir/InRelease"
	"$DRIVER" apt "$config" test
	echo '# more' >>"$dir/Release"
	rm -r "$state"
	refuses "was changed after signing" "$DRIVER" apt "$config" test
}

@test "a key that is not in the keyring is refused" {
	release stable other
	refuses "is by a key that is not in the keyring" "$DRIVER" apt "$config" test
	[ -z "$(find "$state/indexes" -maxdepth 1 -type f)" ]
}

@test "one good signature is enough, and a bad one beside it is too many" {
	dir=$archive/dists/stable
	rm "$dir/InRelease"
	gpg --batch --quiet -u archive -u other --clearsign -o "$dir/InRelease" "$dir/Release"
	"$DRIVER" apt "$config" test
}

@test "an unsigned archive is refused" {
	release stable -
	refuses "is not signed" "$DRIVER" apt "$config" test
	cp "$archive/dists/stable/Release" "$archive/dists/stable/InRelease"
	refuses "it is not signed" "$DRIVER" apt "$config" test
}

@test "a text that was changed after signing is refused, and what stands outside is not read" {
	sed -i 's/^Label: Test/Label: Tesu/' "$archive/dists/stable/InRelease"
	refuses "was changed after signing" "$DRIVER" apt "$config" test
	reset_archive
	sed -i '1i Label: Debian-Security' "$archive/dists/stable/InRelease"
	refuses "it is not signed" "$DRIVER" apt "$config" test
	reset_archive
	echo 'Label: Debian-Security' >>"$archive/dists/stable/InRelease"
	run "$DRIVER" apt "$config" test
	[[ $output != *security* ]]
}

@test "a refused Release file does not answer for an unchanged one next time" {
	cp -a "$archive/dists/stable/InRelease" "$BATS_TEST_TMPDIR/good"
	sed -i 's/^Label: Test/Label: Tesu/' "$archive/dists/stable/InRelease"
	touch -d '+1 hour' "$archive/dists/stable/InRelease"
	refuses "was changed after signing" "$DRIVER" apt "$config" test
	cp -a "$BATS_TEST_TMPDIR/good" "$archive/dists/stable/InRelease"
	"$DRIVER" apt "$config" test
}

# short NAME ALGORITHM [OPTION...]: Release signed by a key of its own.
short() {
	local dir=$archive/dists/stable

	rm -f "$dir/InRelease"
	gpg --batch --quiet --list-keys "$1" >/dev/null 2>&1 ||
		gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" "$2" sign never
	gpg --batch --quiet --export "$1" >"$keys/$1.gpg"
	gpg --batch --quiet -u "$1" "${@:3}" --clearsign -o "$dir/InRelease" "$dir/Release"
	config "$url/plain" "$keys/$1.gpg"
}

@test "a digest or a key that is too weak is refused, also where GnuPG takes it" {
	short rsa2048 rsa2048
	"$DRIVER" apt "$config" test
	short rsa2048 rsa2048 --digest-algo SHA512
	"$DRIVER" apt "$config" test
	short rsa2048 rsa2048 --digest-algo SHA224
	refuses "uses a digest that is too weak: want SHA-256" "$DRIVER" apt "$config" test
	short rsa2048 rsa2048 --digest-algo SHA1
	refuses "uses a digest that is too weak" "$DRIVER" apt "$config" test
	short rsa1024 rsa1024
	refuses "is by a key that is too weak: want 2048 bits" "$DRIVER" apt "$config" test
}

@test "an expired key is refused" {
	gpg --batch --quiet --passphrase '' --faked-system-time 20260101T000000 \
		--quick-generate-key 'old <old@example.org>' ed25519 sign 2026-02-01
	gpg --batch --quiet --export old >"$keys/old.gpg"
	dir=$archive/dists/stable
	rm "$dir/InRelease"
	gpg --batch --quiet --faked-system-time 20260115T000000 -u old --clearsign -o "$dir/InRelease" "$dir/Release"
	config "$url/plain" "$keys/old.gpg"
	refuses "is by a key that has expired" "$DRIVER" apt "$config" test
}

@test "a missing keyring and one without keys are told apart" {
	config "$url/plain" "$BATS_TEST_TMPDIR/none.gpg"
	refuses "reading the keyring: opening '$BATS_TEST_TMPDIR/none.gpg'" "$DRIVER" apt "$config" test
	echo nothing >"$BATS_TEST_TMPDIR/none.gpg"
	refuses "holds no OpenPGP keys" "$DRIVER" apt "$config" test
}

@test "an expired Release file is refused, unless the source says that it may be" {
	release stable archive 'Valid-Until=Mon, 02 Nov 2020 10:00:00 UTC'
	refuses "it expired at 2020-11-02T10:00:00Z" "$DRIVER" apt "$config" test
	config "$url/plain" "$keys/archive.gpg" ', valid-until: ignore'
	run "$DRIVER" apt "$config" test
	[ "$status" -eq 0 ]
	[[ $output == *" expired"* ]]
}

@test "an older Release file than the one in use is refused" {
	date=$("$DRIVER" apt "$config" test | sed -n 's/^release stable \([0-9]*\).*/\1/p')
	"$DRIVER" apt "$config" test stable "$date"
	refuses "a stale mirror, or a replay" "$DRIVER" apt "$config" test stable $((date + 1))
}

@test "the Release file of another suite is refused" {
	cp -a "$archive/dists/stable" "$archive/dists/testing"
	suites=testing config
	refuses "it is the Release file of 'stable'" "$DRIVER" apt "$config" test
}

@test "security is known by the Label, or because the source says so" {
	run "$DRIVER" apt "$config" test
	[[ $output != *security* ]]
	release stable archive Label=Debian-Security
	run "$DRIVER" apt "$config" test
	[[ $output == *security* ]]
}

@test "a truncated index is refused" {
	truncate -s -20 "$archive/dists/stable/main/binary-amd64/Packages.xz"
	refuses "want" "$DRIVER" apt "$config" test
	[[ $output == *"Packages.xz"* ]]
	[ -z "$(find "$state/indexes" -maxdepth 1 -type f)" ]
}

@test "an index with other bytes is refused" {
	printf X | dd of="$archive/dists/stable/main/binary-amd64/Packages.xz" bs=1 seek=40 conv=notrunc status=none
	refuses "SHA-256 differs: want" "$DRIVER" apt "$config" test
	[ -z "$(find "$state/indexes" -maxdepth 1 -type f)" ]
}

@test "an index that is not what the Release file says of its text is refused" {
	dir=$archive/dists/stable/main/binary-amd64
	cp "$dir/Packages" "$BATS_TEST_TMPDIR/keep"
	sed 's/for tests/for jests/' "$BATS_TEST_TMPDIR/keep" >"$dir/Packages"
	xz -kf "$dir/Packages"
	cp "$BATS_TEST_TMPDIR/keep" "$dir/Packages"
	release stable
	refuses "holds bytes with digest" "$DRIVER" apt "$config" test
	[ -z "$(find "$state/indexes" -maxdepth 1 -type f)" ]
	rm -r "$state"
	head -c 10000000 /dev/zero | xz -c >"$dir/Packages.xz"
	release stable
	refuses "it swells to more than" "$DRIVER" apt "$config" test
}

@test "an index that is missing, and a component that is not there, are named" {
	rm "$archive"/dists/stable/main/binary-amd64/Packages*
	refuses "main/binary-amd64/Packages: not found (404)" "$DRIVER" apt "$config" test
	sed -i 's/\[main\]/[contrib]/' "$config"
	refuses "has no index of component 'contrib', architecture 'amd64'" "$DRIVER" apt "$config" test
}

@test "a suite that is not there, and a host that is not there, are named" {
	suites=nowhere config
	refuses "dists/nowhere/Release: not found (404)" "$DRIVER" apt "$config" test
	config http://127.0.0.1:1
	refuses "no connection: Connection refused" "$DRIVER" apt "$config" test
	config http://nowhere.invalid
	refuses "host name is not known" "$DRIVER" apt "$config" test
}

@test "an empty index is an index" {
	dir=$archive/dists/stable/main/binary-amd64
	: >"$dir/Packages"
	xz -kf "$dir/Packages"
	release stable
	run "$DRIVER" apt "$config" test
	[ "$status" -eq 0 ]
	[[ $output == *" 0"* ]]
}

@test "file: is a source as well" {
	config "file://$archive"
	"$DRIVER" apt "$config" test
}

@test "no GnuPG program outlives a sync" {
	"$DRIVER" apt "$config" test
	! ps -eo args | grep -F "$state" | grep -v grep
}
