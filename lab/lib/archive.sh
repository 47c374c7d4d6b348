# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# archive.sh - Debian as it is at one moment: signed indexes as they came, and only the packages that the lab needs.
#
# $ARCHIVE holds debian/ and debian-security/, each a part of the real mirror with every file at its real place.
# Built once and kept, so that a lab stays at its moment; `lab/up --refresh` takes a new one.

ARCHIVE=$CACHE/archive
ARCHIVE_SUITES='debian:bookworm debian:bookworm-updates debian-security:bookworm-security'
ARCHIVE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
INDEX=main/binary-amd64/Packages.xz

# archive_upstream debian|debian-security: the address this machine's own apt uses, whatever form its sources have.
archive_upstream() {
	local uri

	# shellcheck disable=SC2016
	uri=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		awk -v security="$([ "$1" = debian ] || echo 1)" '
			security ? $2 ~ /-security$/ : $2 ~ /^[a-z]+(-updates)?$/ && $1 ~ /debian\/?$/ { print $1 }' | sed -n 1p)
	[ -n "$uri" ] || die "no source for '$1' in this machine's apt sources"
	echo "${uri%/}"
}

# archive_download: reads lines of ADDRESS FILE SHA256, fetches with apt's own methods, proxies and certificates.
archive_download() {
	local address file hash arguments=()

	while read -r address file hash; do
		mkdir -p "${file%/*}"
		arguments+=("$address" "$file" "${hash:+SHA256:$hash}")
	done
	[ ${#arguments[@]} -gt 0 ] || return 0
	/usr/lib/apt/apt-helper -q -o APT::Sandbox::User=root -o Acquire::Retries=3 \
		download-file "${arguments[@]}" >"$SCRATCH/download.log" 2>&1 || {
		grep -E '^(E|Err)' "$SCRATCH/download.log" >&2 || tail -n 5 "$SCRATCH/download.log" >&2
		die "the archive could not be downloaded; lab/up --refresh takes a newer one"
	}
}

# archive_index RELEASE-FILE: SHA-256 of the package index it signs.
archive_index() {
	awk -v name="$INDEX" '/^[A-Z]/ { sums = $1 == "SHA256:" } sums && $3 == name { print $1 }' "$1"
}

archive_fetch_suite() {
	local base=$1 suite=$2 upstream dists hash

	upstream=$(archive_upstream "$base")/dists/$suite
	dists=$ARCHIVE.new/$base/dists/$suite
	echo "$upstream/InRelease $dists/InRelease" | archive_download
	gpgv -q --keyring "$ARCHIVE_KEYRING" "$dists/InRelease" 2>"$SCRATCH/gpgv.log" ||
		die "$suite: InRelease is not signed by Debian: $(tail -n 1 "$SCRATCH/gpgv.log")"
	hash=$(archive_index "$dists/InRelease")
	[ -n "$hash" ] || die "$suite: InRelease names no $INDEX"
	echo "$upstream/${INDEX%/*}/by-hash/SHA256/$hash $dists/$INDEX $hash" | archive_download
	mkdir -p "$dists/${INDEX%/*}/by-hash/SHA256"
	ln "$dists/$INDEX" "$dists/${INDEX%/*}/by-hash/SHA256/$hash"
}

# Takes a new moment: indexes only.
archive_fetch() {
	local suite

	rm -rf "$ARCHIVE.new"
	for suite in $ARCHIVE_SUITES; do
		archive_fetch_suite "${suite%:*}" "${suite#*:}"
	done
	rm -rf "$ARCHIVE"
	mv "$ARCHIVE.new" "$ARCHIVE"
}

# Whether the indexes held are whole and Debian's.
archive_is_sound() {
	local suite dists

	for suite in $ARCHIVE_SUITES; do
		dists=$ARCHIVE/${suite%:*}/dists/${suite#*:}
		gpgv -q --keyring "$ARCHIVE_KEYRING" "$dists/InRelease" 2>/dev/null || return 1
		echo "$(archive_index "$dists/InRelease")  $dists/$INDEX" | sha256sum --quiet -c 2>/dev/null || return 1
	done
}

# A name for the moment.
archive_id() { cat "$ARCHIVE"/*/dists/*/InRelease | sha256sum | cut -c1-16; }

# The sources of a root that sees the archive as files; `main` alone, or `all` suites.
archive_sources() {
	local suite options="signed-by=$ARCHIVE_KEYRING check-valid-until=no check-date=no"

	for suite in $ARCHIVE_SUITES; do
		[ "$1" = all ] || [ "$suite" = debian:bookworm ] || continue
		echo "deb [$options] copy:$ARCHIVE/${suite%:*} ${suite#*:} main"
	done
}

# Path below the archive and SHA-256 of every package known.
archive_packages() {
	local suite

	for suite in $ARCHIVE_SUITES; do
		xz -dc "$ARCHIVE/${suite%:*}/dists/${suite#*:}/$INDEX" | awk -v base="${suite%:*}" '
			/^Filename: / { path = base "/" $2 }
			/^SHA256: / { hash = $2 }
			/^$/ { print path, hash }'
	done
}

# archive_take FILE: fetches what apt-get --print-uris wrote there and the archive lacks, and checks what it has.
archive_take() {
	local upstream security wanted=$SCRATCH/wanted

	upstream=$(archive_upstream debian)
	security=$(archive_upstream debian-security)
	archive_packages >"$SCRATCH/packages"
	sed -n "s|^'copy:$ARCHIVE/\([^']*\)'.*|\1|p" "$1" | sort -u | awk -v list="$SCRATCH/packages" '
		BEGIN { while ((getline line < list) > 0) { split(line, part, " "); hash[part[1]] = part[2] } }
		{ path = $1; gsub(/%2b/, "+", path); gsub(/%7e/, "~", path); print path, hash[path], $1 }' >"$wanted"
	awk -v root="$ARCHIVE" '{ print $2 "  " root "/" $1 }' "$wanted" | { sha256sum --quiet -c 2>/dev/null || :; } |
		sed -n "s|^$ARCHIVE/\(.*\): .*|\1|p" >"$SCRATCH/missing"
	awk -v root="$ARCHIVE" -v debian="$upstream" -v security="$security" '
		NR == FNR { missing[$1] = 1; next }
		$1 in missing {
			from = $3
			if (!sub(/^debian-security\//, security "/", from)) sub(/^debian\//, debian "/", from)
			print from, root "/" $1, $2
		}' "$SCRATCH/missing" "$wanted" | archive_download
	say "archive: $(wc -l <"$wanted") packages looked at, $(wc -l <"$SCRATCH/missing") fetched"
}
