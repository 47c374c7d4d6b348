# SPDX-License-Identifier: Apache-2.0
# fixture.bash - a small signed apt archive, a server for it, and patchline.yaml that names it.
#
# One archive and server a test file (setup_file), one state directory a test. DRIVER is set by Meson, else that of build/.

DRIVER=${DRIVER:-$BATS_TEST_DIRNAME/../../build/tests/content/content_driver}
export DRIVER

# tiny DIR SIZE: mount a small file system there; untiny unmounts it, also from teardown.
tiny() {
	mkdir -p "$1"
	mount -t tmpfs -o "size=$2,mode=0700" none "$1" || skip "mounting is not allowed here"
	tiny=$1
}

untiny() {
	[ -z "${tiny:-}" ] || umount "$tiny"
	tiny=
}

# deb DIR NAME VERSION [LINE...]: a package whose changelog has these lines, into DIR.
deb() {
	local dir=$1 name=$2 version=$3 root
	shift 3
	root=$(mktemp -d "$BATS_FILE_TMPDIR/deb.XXXXXX")
	mkdir -p "$root/DEBIAN" "$root/usr/share/doc/$name"
	printf '%s\n' "Package: $name" "Version: $version" 'Architecture: amd64' \
		'Maintainer: Nobody <nobody@example.org>' 'Description: for tests' >"$root/DEBIAN/control"
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@" | gzip -9n >"$root/usr/share/doc/$name/changelog.Debian.gz"
	fi
	dpkg-deb --root-owner-group -Zxz -b "$root" "$dir/${name}_${version#*:}_amd64.deb" >/dev/null
	rm -r "$root"
}

# key NAME [EXPIRE]: a signing key; its public part into $keys/NAME.gpg.
key() {
	gpg --batch --quiet --passphrase '' --quick-generate-key "$1 <$1@example.org>" ed25519 sign "${2:-never}"
	gpg --batch --quiet --export "$1" >"$keys/$1.gpg"
	gpg --batch --quiet --armor --export "$1" >"$keys/$1.asc"
}

# release SUITE [KEY] [NAME=VALUE...]: write and sign dists/SUITE/Release; KEY "-" leaves it unsigned.
release() {
	local suite=$1 with=${2:-archive} dir=$archive/dists/$1 options=() option until=
	shift
	[ $# -eq 0 ] || shift
	for option; do
		case $option in
		Valid-Until=*) until=${option#*=} ;;
		*) options+=(-o "APT::FTPArchive::Release::$option") ;;
		esac
	done
	rm -f "$dir/Release" "$dir/InRelease" "$dir/Release.gpg"
	(cd "$archive" && apt-ftparchive -o APT::FTPArchive::Release::Suite="$suite" \
		-o APT::FTPArchive::Release::Codename="$suite" -o APT::FTPArchive::Release::Label=Test \
		"${options[@]}" release "dists/$suite") >"$BATS_FILE_TMPDIR/Release"
	[ -z "$until" ] || sed -i "1iValid-Until: $until" "$BATS_FILE_TMPDIR/Release"
	mv "$BATS_FILE_TMPDIR/Release" "$dir/Release"
	[ "$with" = - ] || gpg --batch --quiet -u "$with" --clearsign -o "$dir/InRelease" "$dir/Release"
}

# index SUITE: Packages of everything in pool/SUITE, as .xz and .gz.
index() {
	local dir=$archive/dists/$1/main/binary-amd64
	mkdir -p "$dir"
	(cd "$archive" && apt-ftparchive packages "pool/$1") >"$dir/Packages"
	xz -kf "$dir/Packages"
	gzip -kfn "$dir/Packages"
}

make_archive() {
	export GNUPGHOME=$BATS_FILE_TMPDIR/gnupg keys=$BATS_FILE_TMPDIR/keys archive=$BATS_FILE_TMPDIR/archive
	mkdir -m 700 "$GNUPGHOME"
	mkdir -p "$keys" "$archive/pool/stable"
	key archive
	key other
	deb "$archive/pool/stable" hello 1.0-1 'hello (1.0-1) stable; urgency=medium' '' '  * First.' '' \
		' -- N <n@example.org>  Mon, 02 Nov 2026 10:00:00 +0000'
	deb "$archive/pool/stable" web 1:2.0-1 'web (1:2.0-1) stable; urgency=high' '' \
		'  * CVE-2026-1000: mended.' '' ' -- N <n@example.org>  Mon, 02 Nov 2026 10:00:00 +0000'
	index stable
	release stable
}

# Start the server; $url is its address.
serve() {
	mkdir -p "$BATS_FILE_TMPDIR/server"
	python3 "$BATS_TEST_DIRNAME/server.py" "$archive" "$BATS_FILE_TMPDIR/server" 3>&- 4>&- &
	echo $! >"$BATS_FILE_TMPDIR/server/pid"
	local tries=100
	until [ -s "$BATS_FILE_TMPDIR/server/port" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "the server did not start" >&2; return 1; }
		sleep 0.05
	done
	url=http://127.0.0.1:$(cat "$BATS_FILE_TMPDIR/server/port")
	export url
}

leave_archive() {
	[ ! -f "$BATS_FILE_TMPDIR/server/pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/server/pid")" || :
	gpgconf --homedir "$GNUPGHOME" --kill all || :
}

# config [URI] [KEY] [MORE]: patchline.yaml with one source "test"; $state is its state directory.
config() {
	state=$BATS_TEST_TMPDIR/state
	cat >"$BATS_TEST_TMPDIR/patchline.yaml" <<-END
	state: $state
	sources:
	  - {name: test, uri: "${1:-$url/plain}", suites: [${suites:-stable}], components: [main],
	     architectures: [amd64], keyring: ${2:-$keys/archive.gpg} ${3:-}}
	platforms:
	  - {name: debian-12-amd64, sources: [test]}
	environments:
	  - {name: development, groups: [{name: web, hosts: [dev-web1]}]}
	END
	config=$BATS_TEST_TMPDIR/patchline.yaml
}

# Start with the archive as make_archive left it; tests change a copy of dists.
reset_archive() {
	rm -rf "$archive/dists"
	cp -a "$BATS_FILE_TMPDIR/dists.good" "$archive/dists"
	: >"$BATS_FILE_TMPDIR/server/log"
}

# refuses WORDS COMMAND...: it fails and says WORDS.
refuses() {
	local words=$1
	shift
	run "$@"
	[ "$status" -eq 1 ] || { echo "exit status $status: $output"; return 1; }
	[[ $output == *"$words"* ]] || { echo "'$output' lacks '$words'"; return 1; }
}

digest() {
	sha256sum "$1" | cut -d' ' -f1
}
