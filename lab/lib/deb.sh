# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# deb.sh - tiny packages made on the spot, and the signed archive of the lab that offers them.
#
# The archive is $LAB_ARCHIVE on the mirror host: pool/SUITE holds the packages of a suite.

LAB_ARCHIVE=$ROOT/data/mirror/lab
LAB_KEYRING=$LAB/lab-archive.gpg

# deb_control NAME VERSION ARCH [FIELD...]
deb_control() {
	printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$1" "$2" "$3"
	printf 'Maintainer: Patchline lab <lab@patchline.example>\nSection: misc\nPriority: optional\n'
	shift 3
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'Description: package of the Patchline lab\n Does nothing; there to be installed.\n'
}

# deb_changelog NAME VERSION TEXT
deb_changelog() {
	printf '%s (%s) stable; urgency=medium\n\n  * %s\n\n -- Patchline lab <lab@patchline.example>  Thu, 01 Jan 2026 00:00:00 +0000\n' "$@"
	[ "$2" = 1.0 ] || deb_changelog "$1" 1.0 'First version.'
}

# The packages that every host has from the start.
deb_first() {
	"$HERE/deb" lab-hello 1.0 --output "$1"
	"$HERE/deb" lab-conf 1.0 --output "$1" --conffile 'colour = blue'
	"$HERE/deb" lab-broken 1.0 --output "$1"
	"$HERE/deb" lab-rival 1.0 --output "$1"
}

deb_key() {
	local home=$LAB/gnupg

	[ ! -s "$LAB_KEYRING" ] || return 0
	rm -rf "$home"
	mkdir -m 700 "$home"
	gpg -q --homedir "$home" --batch --passphrase '' --quick-gen-key 'Patchline lab <lab@patchline.example>' ed25519 sign never 2>/dev/null
	gpg -q --homedir "$home" --export >"$LAB_KEYRING.new"
	gpgconf --homedir "$home" --kill all
	mv "$LAB_KEYRING.new" "$LAB_KEYRING"
}

# deb_publish SUITE: index and signature anew.
deb_publish() (
	suite=$1 index=dists/$1/main/binary-amd64
	cd "$LAB_ARCHIVE" || die "the lab has no mirror"
	mkdir -p "$index" "pool/$suite"
	apt-ftparchive packages "pool/$suite" >"$index/Packages"
	xz -0 -kf "$index/Packages"
	rm -f "dists/$suite/InRelease"
	apt-ftparchive -o APT::FTPArchive::Release::Origin='Patchline lab' -o APT::FTPArchive::Release::Label=Lab \
		-o APT::FTPArchive::Release::Suite="$suite" -o APT::FTPArchive::Release::Codename="$suite" \
		-o APT::FTPArchive::Release::Architectures=amd64 -o APT::FTPArchive::Release::Components=main \
		release "dists/$suite" >"$LAB/release"
	gpg -q --homedir "$LAB/gnupg" --batch --yes --clearsign -o "dists/$suite/InRelease" "$LAB/release"
	gpgconf --homedir "$LAB/gnupg" --kill all
)
