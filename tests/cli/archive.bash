# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# archive.bash - a small signed archive on disk: one suite, one package, made with Debian's own tools.

# make_archive DIRECTORY: DIRECTORY/dists/bookworm, signed by the key that ends up in DIRECTORY/k.gpg.
make_archive() {
	mkdir -p "$1/pool" "$1/gnupg" "$1/deb/DEBIAN"
	chmod 700 "$1/gnupg"
	printf 'Package: hello\nVersion: 1.0-1\nArchitecture: amd64\nMaintainer: Nobody <nobody@example.org>\nDescription: says hello\n' \
		>"$1/deb/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$1/deb" "$1/pool/hello_1.0-1_amd64.deb" >/dev/null
	gpg --homedir "$1/gnupg" --batch --quiet --passphrase '' --quick-gen-key 'Archive <a@example.org>' ed25519 sign never 2>/dev/null
	gpg --homedir "$1/gnupg" --batch --quiet --export >"$1/k.gpg"
	index_archive "$1"
	gpgconf --homedir "$1/gnupg" --kill all
}

# index_archive DIRECTORY: write the index anew and sign it; of amd64 unless ARCHIVE_ARCHITECTURE says so.
index_archive() {
	local folder=$1/dists/bookworm/main/binary-${ARCHIVE_ARCHITECTURE:-amd64}

	mkdir -p "$folder"
	(cd "$1" && apt-ftparchive packages pool) >"$folder/Packages"
	seal_archive "$1"
}

# seal_archive DIRECTORY: sign the index that is there.
seal_archive() {
	local suite=$1/dists/bookworm architecture=${ARCHIVE_ARCHITECTURE:-amd64}

	gzip -kf "$suite/main/binary-$architecture/Packages"
	rm -f "$suite/Release" "$suite/InRelease"
	(cd "$suite" && apt-ftparchive -o APT::FTPArchive::Release::Codename=bookworm \
		-o APT::FTPArchive::Release::Suite=bookworm -o APT::FTPArchive::Release::Components=main \
		-o APT::FTPArchive::Release::Architectures="$architecture" release .) >"$1/Release"
	mv "$1/Release" "$suite/Release"
	gpg --homedir "$1/gnupg" --batch --quiet --clearsign -o "$suite/InRelease" "$suite/Release"
}
