#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who signs in at an archive by apt's auth.conf.d (credentials.txt): the same is asked of apt-get update and of sync. DRIVER comes from Meson.
bats_require_minimum_version 1.5.0

load ../content/fixture

setup_file() {
	make_archive
	BATS_TEST_DIRNAME=$BATS_TEST_DIRNAME/../content serve
}

teardown_file() {
	leave_archive
}

# with_auth COMMAND...: apt's folder is that of the test, for this command alone.
with_auth() {
	unshare -m sh -c 'mount --bind "$1" /etc/apt/auth.conf.d && shift && exec "$@"' sh "$BATS_TEST_TMPDIR/auth" "$@"
}

ask_apt() {
	local root=$BATS_TEST_TMPDIR/apt

	rm -rf "$root"
	mkdir -p "$root"/etc/apt/{apt.conf,preferences,sources.list,trusted.gpg}.d "$root/var/lib/apt/lists/partial" \
		"$root/var/cache/apt/archives/partial" "$root/var/lib/dpkg"
	: >"$root/var/lib/dpkg/status"
	cp -r "$BATS_TEST_TMPDIR/auth" "$root/etc/apt/auth.conf.d"
	echo "deb [signed-by=$keys/archive.gpg] $url/auth stable main" >"$root/etc/apt/sources.list"
	apt-get -o Dir="$root" -o Dir::State::status="$root/var/lib/dpkg/status" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Architectures=amd64 update >"$root/said" 2>&1 && echo given || echo not
}

ask_sync() {
	rm -rf "$state"
	case $(with_auth "$DRIVER" sync "$config") in
	'test none 1 '*) echo given ;;
	*"access denied (401)"*) echo not ;;
	esac
}

setup() {
	mkdir "$BATS_TEST_TMPDIR/auth"
	with_auth true || skip "mounting is not allowed here"
	config "$url/auth"
}

@test "credentials are given where apt gives them" {
	local text wanted told wrong=''

	while IFS=';' read -r text wanted; do
		printf '%b\n' "${text//PORT/${url##*:}}" >"$BATS_TEST_TMPDIR/auth/test.conf"
		told="apt: $(ask_apt), sync: $(ask_sync)"
		[ "$told" = "apt: ${wanted# }, sync: ${wanted# }" ] || wrong+="$text: $told"$'\n'
	done < <(grep -v '^#' "$BATS_TEST_DIRNAME/credentials.txt")
	echo "$wrong"
	[ -z "$wrong" ]
}

@test "the first file that knows counts, and only those that apt reads" {
	echo "machine http://127.0.0.1 login apt password debian" >"$BATS_TEST_TMPDIR/auth/10-right.conf"
	echo "machine http://127.0.0.1 login apt password wrong" | tee "$BATS_TEST_TMPDIR/auth/20-wrong.conf" \
		"$BATS_TEST_TMPDIR/auth/00-wrong.txt" "$BATS_TEST_TMPDIR/auth/.00.conf" "$BATS_TEST_TMPDIR/auth/00~.conf" >/dev/null
	[ "$(ask_apt)" = given ]
	[ "$(ask_sync)" = given ]
	mv "$BATS_TEST_TMPDIR/auth/00-wrong.txt" "$BATS_TEST_TMPDIR/auth/00-wrong"
	[ "$(ask_apt)" = not ]
	[ "$(ask_sync)" = not ]
}

@test "credentials are not printed, and not kept" {
	echo "machine http://127.0.0.1 login apt password s3cr3t" >"$BATS_TEST_TMPDIR/auth/wrong.conf"
	run with_auth "$DRIVER" sync "$config"
	[[ $output == *"access denied (401)"*"auth.conf"* ]]
	[[ $output != *s3cr3t* ]]
	! grep -r s3cr3t "$state"
}
