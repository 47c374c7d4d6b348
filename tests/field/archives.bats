#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Archives as people have them (archives.txt), from a server that reads '+' as a blank and denies what is not there, as S3 does:
# apt-get update and download, sync and freeze. PATCHLINE, SIM_HOST come from Meson.
bats_require_minimum_version 1.5.0

load ../content/fixture

setup_file() {
	make_archive
	rm -r "$archive"/*
	mkdir -p "$archive/pool"
	offer amd64
	cp -a "$archive" "$BATS_FILE_TMPDIR/usual"
	BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/../content serve
}

teardown_file() {
	leave_archive
}

# offer ARCHITECTURE: pkg-001 1.1+ds-1 in the pool.
offer() {
	local root

	root=$(mktemp -d "$BATS_FILE_TMPDIR/deb.XXXXXX")
	mkdir "$root/DEBIAN"
	printf '%s\n' 'Package: pkg-001' 'Version: 1.1+ds-1' "Architecture: $1" 'Maintainer: N <n@example.org>' 'Description: made up' >"$root/DEBIAN/control"
	rm -f "$archive"/pool/*.deb
	dpkg-deb --root-owner-group -b "$root" "$archive/pool/pkg-001_1.1+ds-1_$1.deb" >/dev/null
	rm -r "$root"
}

# packages ARCHITECTURE FORM...: the index as text, and in these forms: xz, gz, bz2, lzma. apt wants the text listed.
packages() {
	local dir=$archive/dists/stable/main/binary-$1 form

	mkdir -p "$dir"
	rm -f "$dir"/*
	(cd "$archive" && apt-ftparchive packages pool) >"$dir/Packages"
	for form in "${@:2}"; do
		case $form in
		xz) xz -k "$dir/Packages" ;;
		gz) gzip -kn "$dir/Packages" ;;
		bz2) bzip2 -k "$dir/Packages" ;;
		lzma) xz --format=lzma -k "$dir/Packages" ;;
		esac
	done
}

# sign_release FOLDER [OPTION...]: write and sign its Release.
sign_release() {
	local dir=$archive/$1 option options=()

	for option in "${@:2}"; do options+=(-o "APT::FTPArchive::$option"); done
	rm -f "$dir"/{Release,InRelease,Release.gpg}
	(cd "$dir" && apt-ftparchive "${options[@]}" release .) >"$BATS_TEST_TMPDIR/Release"
	mv "$BATS_TEST_TMPDIR/Release" "$dir/Release"
	gpg --batch --quiet -u archive --clearsign -o "$dir/InRelease" "$dir/Release"
}

named=(Release::Suite=stable Release::Codename=stable Release::Architectures=amd64 Release::Components=main)
only_sha512=(MD5=false SHA1=false SHA256=false)

# The text is listed and not there, as in most archives.
no_text() { rm "$archive"/dists/stable/main/binary-*/Packages; }

usual() { packages amd64 xz gz && sign_release dists/stable "${named[@]}"; }

no_inrelease() {
	usual
	mode=plain # where it is denied, apt gives up; and sync does not
	gpg --batch --quiet -u archive --armor --detach-sign -o "$archive/dists/stable/Release.gpg" "$archive/dists/stable/Release"
	rm "$archive/dists/stable/InRelease"
}

by_hash_announced() { packages amd64 xz && sign_release dists/stable "${named[@]}" Release::Acquire-By-Hash=yes && no_text; }
xz_absent() { usual && rm "$archive"/dists/stable/main/binary-amd64/Packages.xz; }
only_gz() { packages amd64 gz && sign_release dists/stable "${named[@]}" && no_text; }
only_bz2() { packages amd64 bz2 && sign_release dists/stable "${named[@]}" && no_text; }
only_lzma() { packages amd64 lzma && sign_release dists/stable "${named[@]}" && no_text; }
only_plain() { packages amd64 && sign_release dists/stable "${named[@]}"; }
sha512() { packages amd64 xz && sign_release dists/stable "${named[@]}" "${only_sha512[@]}" && no_text; }

sha512_by_hash() {
	local dir=$archive/dists/stable/main/binary-amd64

	packages amd64 xz
	sign_release dists/stable "${named[@]}" "${only_sha512[@]}" Release::Acquire-By-Hash=yes
	no_text
	mkdir -p "$dir/by-hash/SHA512"
	mv "$dir/Packages.xz" "$dir/by-hash/SHA512/$(sha512sum "$dir/Packages.xz" | cut -d' ' -f1)"
}

all_alone() { offer all && packages all gz && sign_release dists/stable "${named[@]}" Release::Architectures=all && no_text; }
all_beside() { offer all && packages all xz && packages amd64 xz && sign_release dists/stable "${named[@]}" 'Release::Architectures=all amd64' && no_text; }
renamed() { packages amd64 xz && sign_release dists/stable "${named[@]}" Release::Suite=resolute-suite Release::Codename=resolute; }

# index_flat FOLDER [OPTION...]
index_flat() {
	(cd "$archive" && if [ "$1" = . ]; then apt-ftparchive packages .; else apt-ftparchive packages pool; fi) >"$archive/$1/Packages"
	gzip -kn "$archive/$1/Packages"
	sign_release "$1" "${@:2}"
}

flat() { index_flat .; } # "Filename: ./pool/…"
flat_below() { mkdir "$archive/binary" && index_flat binary; }
flat_named() { index_flat . Release::Suite=xenial Release::Codename=xenial; }

# apt-get with a root of its own: update, and download of what is offered. $1 suite, $2 architectures.
ask_apt() {
	local root=$BATS_TEST_TMPDIR/apt components=main

	[[ $1 != */ ]] || components=
	rm -rf "$root"
	mkdir -p "$root"/etc/apt/{apt.conf,preferences,sources.list,trusted.gpg}.d "$root/var/lib/apt/lists/partial" \
		"$root/var/cache/apt/archives/partial" "$root/var/lib/dpkg"
	: >"$root/var/lib/dpkg/status"
	echo "deb [signed-by=$keys/archive.gpg] $url/$mode $1 $components" >"$root/etc/apt/sources.list"
	(
		cd "$root" || return 1
		set -- -o Dir="$root" -o Dir::State::status="$root/var/lib/dpkg/status" -o APT::Sandbox::User=root \
			-o APT::Architecture=amd64 -o APT::Architectures=amd64
		apt-get "$@" update >said 2>&1 && apt-get "$@" download pkg-001 >>said 2>&1 && ls pkg-001*.deb >/dev/null
	) && echo taken
}

# The same of sync and freeze. $1 suite, $2 keys of the source.
ask_patchline() {
	mkdir -p "$BATS_TEST_TMPDIR/ours/hosts/h1"
	cd "$BATS_TEST_TMPDIR/ours" || return 1
	rm -rf state
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: test, uri: "$url/$mode", suites: ["$1"], keyring: $keys/archive.gpg${2:+, $2}}
		platforms:
		  - {name: debian-12-amd64, sources: [test]}
		ssh: {command: [$SIM_HOST, $PWD/hosts, "{host}"]}
		environments:
		  - {name: sim, groups: [{name: web, hosts: [h1]}]}
	YAML
	"$PATCHLINE" sync >said 2>&1 || {
		tr -s ' \n' ' ' <said
		return
	}
	"$PATCHLINE" scan >said 2>&1 && "$PATCHLINE" freeze 1.0 >>said 2>&1 && "$PATCHLINE" show 1.0 --json >>said 2>&1 &&
		grep -qF '1.1+ds-1' said && echo taken || cat said
}

@test "an archive of each shape is taken as apt takes it, or refused with the way out" {
	local shape suite keys_given wanted told wrong=''

	export SIM_PACKAGES=3 SIM_ANSWER_MS=1 HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	while IFS=';' read -r shape suite keys_given wanted; do
		suite=${suite# } keys_given=${keys_given# } wanted=${wanted# }
		rm -r "$archive"/*
		cp -a "$BATS_FILE_TMPDIR/usual/." "$archive"
		mode=s3
		"$shape"
		told=$(ask_apt "$suite") || :
		[ "$told" = taken ] || wrong+="apt: $shape '$suite': $(cat "$BATS_TEST_TMPDIR/apt/said")"$'\n'
		told=$(ask_patchline "$suite" "$keys_given") || :
		if [ "$wanted" = taken ]; then
			[ "$told" = taken ] || wrong+="patchline: $shape '$suite' $keys_given: $told"$'\n'
		else
			[[ $told == *"$wanted"* ]] || wrong+="patchline: $shape '$suite' $keys_given: '$told' lacks '$wanted'"$'\n'
		fi
	done < <(grep -v '^#' "$BATS_TEST_DIRNAME/archives.txt")
	echo "$wrong"
	[ -z "$wrong" ]
}
