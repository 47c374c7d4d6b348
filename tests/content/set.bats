#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# set.bats - a set on disk: published as a repository that apt takes, and refused once a byte of it changed.

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
	set=$("$DRIVER" freeze "$config" "$archive/dists/stable/main/binary-amd64/Packages" test)
	dir=$state/sets/$set/debian-12-amd64
}

pool_file() {
	echo "$state/pool/sha256/${1:0:2}/$1"
}

spoil() {
	printf X | dd of="$1" bs=1 seek="${2:-30}" conv=notrunc status=none
}

# What a host gets: the repository with its files under the names that its index gives them.
lay_out() {
	packages=$(sed -n 's/^Packages-SHA256: //p' "$state/sets/$set/manifest")
	mkdir -p "$1/pool"
	cp "$dir/InRelease" "$1/"
	cp "$(pool_file "$packages")" "$1/Packages"
	for sum in $(sed -n 's/^SHA256: //p' "$1/Packages"); do
		cp "$(pool_file "$sum")" "$1/pool/$sum.deb"
	done
}

@test "the same packages frozen again are the same set" {
	run "$DRIVER" freeze "$config" "$archive/dists/stable/main/binary-amd64/Packages" test
	[ "$output" = "$set" ]
	[ "$(digest "$state/sets/$set/manifest")" = "$set" ]
}

@test "apt takes the repository with the repository's key, and installs exactly from it" {
	host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host/lists/partial" "$host/archives/partial" "$host/etc"
	lay_out "$host/repository"
	echo "deb [signed-by=$state/gnupg/patchline.gpg] copy:$host/repository ./" >"$host/etc/sources.list"
	: >"$host/status"
	apt=(-o "Dir::Etc::SourceList=$host/etc/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o "Dir::State::Lists=$host/lists" -o "Dir::State::Status=$host/status"
		-o "Dir::Cache::Archives=$host/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
		-o APT::Sandbox::User=root -o Debug::NoLocking=1 -o APT::Architecture=amd64)
	run apt-get "${apt[@]}" -o Acquire::AllowInsecureRepositories=false update
	[ "$status" -eq 0 ]
	[[ $output != *"W:"* ]]
	(cd "$host" && apt-get "${apt[@]}" download web)
	[ "$(dpkg-deb -f "$host"/web*.deb Version)" = 1:2.0-1 ]
	rm -r "$host/lists"
	mkdir -p "$host/lists/partial"
	sed -i 's/^Version: 1.0-1/Version: 1.0-2/' "$host/repository/Packages"
	run apt-get "${apt[@]}" update
	[ "$status" -ne 0 ]
}

@test "a set is opened by its digest and checked" {
	run "$DRIVER" open "$config" "$set"
	[ "$output" = "2 packages" ]
	refuses "does not name a set" "$DRIVER" open "$config" ../../etc
	refuses "opening set" "$DRIVER" open "$config" "$(digest "$config")"
}

@test "one changed byte anywhere in a set is refused" {
	for file in "$state/sets/$set/manifest" "$dir/Release" "$dir/InRelease"; do
		cp "$file" "$BATS_TEST_TMPDIR/keep"
		spoil "$file" 80
		refuses "changed" "$DRIVER" open "$config" "$set"
		[[ $output == *"$file"* ]]
		cp "$BATS_TEST_TMPDIR/keep" "$file"
	done
	packages=$(sed -n 's/^Packages-SHA256: //p' "$state/sets/$set/manifest")
	spoil "$(pool_file "$packages")"
	refuses "$(pool_file "$packages")' was changed" "$DRIVER" open "$config" "$set"
}

@test "verify finds nothing wrong with what is right" {
	run "$DRIVER" verify "$config"
	[ "$output" = "1 sets, 0 findings, 0 mended" ]
}

@test "verify fetches a damaged and a missing file again, and writes a spoilt repository again" {
	sums=($(sed -n 's/^SHA256: //p' "$state/sets/$set/manifest"))
	packages=$(sed -n 's/^Packages-SHA256: //p' "$state/sets/$set/manifest")
	spoil "$(pool_file "${sums[0]}")"
	rm "$(pool_file "${sums[1]}")"
	spoil "$(pool_file "$packages")"
	spoil "$dir/InRelease" 90
	run "$DRIVER" verify "$config" offline
	[[ $output == *"bad file: hello 1.0-1 amd64 of set"*"damaged, set aside"* ]]
	[[ $output == *"bad file: web 1:2.0-1 amd64 of set"*"missing"* ]]
	[[ $output == *"bad repository: debian-12-amd64 of set"* ]]
	[ -e "$(pool_file "${sums[0]}").damaged" ]
	run "$DRIVER" verify "$config"
	[[ $output == *"1 sets, 3 findings, 3 mended"* ]]
	run "$DRIVER" verify "$config"
	[ "$output" = "1 sets, 0 findings, 0 mended" ]
}

@test "verify names what no source has any more" {
	sums=($(sed -n 's/^SHA256: //p' "$state/sets/$set/manifest"))
	spoil "$(pool_file "${sums[0]}")"
	mv "$archive/pool/stable/hello_1.0-1_amd64.deb" "$BATS_TEST_TMPDIR/"
	run "$DRIVER" verify "$config"
	mv "$BATS_TEST_TMPDIR/hello_1.0-1_amd64.deb" "$archive/pool/stable/"
	[[ $output == *"bad file: hello 1.0-1 amd64"*"not found (404)"* ]]
	[[ $output == *"1 findings, 0 mended"* ]]
}

@test "verify names a manifest that was changed" {
	spoil "$state/sets/$set/manifest"
	run "$DRIVER" verify "$config"
	[[ $output == *"bad manifest: set ${set:0:12}"*"it was changed"* ]]
}

@test "a package that is not what its index promised is not published" {
	sed 's/^Version: 1.0-1/Version: 1.0-9/' "$archive/dists/stable/main/binary-amd64/Packages" \
		>"$BATS_TEST_TMPDIR/lying"
	refuses "the file holds Version '1.0-1'; the index it came from promised '1.0-9'" \
		"$DRIVER" freeze "$config" "$BATS_TEST_TMPDIR/lying" test
}

@test "the repository key is made once, and no agent stays behind" {
	before=$(digest "$state/gnupg/patchline.gpg")
	"$DRIVER" open "$config" "$set"
	"$DRIVER" freeze "$config" "$archive/dists/stable/main/binary-amd64/Packages" test
	[ "$(digest "$state/gnupg/patchline.gpg")" = "$before" ]
	! ps -eo args | grep -F "$state" | grep -v grep
}

@test "a state directory with a very long path can sign as well" {
	long=$BATS_TEST_TMPDIR/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7 8 9)
	sed -i "s|^state: .*|state: $long|" "$config"
	run "$DRIVER" freeze "$config" "$archive/dists/stable/main/binary-amd64/Packages" test
	[ "$status" -eq 0 ]
	[ -z "$(find /tmp -maxdepth 1 -name 'patchline-??????' -newer "$config")" ]
}

@test "changelogs: what lies between two versions, also when another package has it" {
	sums=($(sed -n 's/^SHA256: //p' "$state/sets/$set/manifest"))
	run "$DRIVER" changelog "$state" web "${sums[1]}" 1:1.9-1 1:2.0-1
	[ "$output" = "1 entries, urgency high: CVE-2026-1000" ]
	[ -s "$(pool_file "${sums[1]}").changelog" ]
	run "$DRIVER" changelog "$state" web "${sums[1]}" 1:1.9-1 1:2.0-1
	[ "$output" = "1 entries, urgency high: CVE-2026-1000" ]
	spoil "$(pool_file "${sums[1]}").changelog" 90
	run "$DRIVER" changelog "$state" web "${sums[1]}" 1:1.9-1 1:2.0-1
	[ "$output" = "1 entries, urgency high: CVE-2026-1000" ]
	run "$DRIVER" changelog "$state" web "${sums[1]}" 1:2.0-1 1:2.0-1
	[ "$output" = "0 entries, urgency : " ]
	root=$BATS_TEST_TMPDIR/linked
	mkdir -p "$root/DEBIAN" "$root/usr/share/doc"
	ln -s web "$root/usr/share/doc/web-common"
	printf '%s\n' 'Package: web-common' 'Version: 1:2.0-1' 'Architecture: amd64' \
		'Maintainer: N <n@example.org>' 'Description: linked' >"$root/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$root" "$BATS_TEST_TMPDIR/linked.deb" >/dev/null
	sum=$(digest "$BATS_TEST_TMPDIR/linked.deb")
	"$DRIVER" put "$state" "$BATS_TEST_TMPDIR/linked.deb" "$sum"
	run "$DRIVER" changelog "$state" web-common "$sum" 1:1.9-1 1:2.0-1+b6 web "${sums[1]}"
	[ "$output" = "1 entries, urgency high: CVE-2026-1000" ]
	run "$DRIVER" changelog "$state" web-common "$sum" 1:1.9-1 1:2.0-1
	[ "$output" = "0 entries, urgency : " ]
}

@test "changelogs: one that cannot be unpacked is told, and no failure" {
	root=$BATS_TEST_TMPDIR/odd
	mkdir -p "$root/DEBIAN" "$root/usr/share/doc/odd"
	printf '%s\n' 'Package: odd' 'Version: 1' 'Architecture: all' 'Maintainer: N <n@example.org>' 'Description: odd' >"$root/DEBIAN/control"
	printf 'odd (1) stable; urgency=low\n' | gzip | head -c 30 >"$root/usr/share/doc/odd/changelog.gz"
	dpkg-deb --root-owner-group -b "$root" "$BATS_TEST_TMPDIR/odd.deb" >/dev/null
	sum=$(digest "$BATS_TEST_TMPDIR/odd.deb")
	"$DRIVER" put "$state" "$BATS_TEST_TMPDIR/odd.deb" "$sum"
	run "$DRIVER" changelog "$state" odd "$sum" 0 1
	[ "$output" = "0 entries, urgency : cannot be unpacked" ]
	echo changed >"$(pool_file "$sum")"
	rm -f "$(pool_file "$sum").changelog"
	refuses odd "$DRIVER" changelog "$state" odd "$sum" 0 1
}
