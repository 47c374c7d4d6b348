#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# fetch.bats - one download: resumed, tried again, checked, and whole or not there.

load fixture

setup_file() {
	export archive=$BATS_FILE_TMPDIR/archive GNUPGHOME=$BATS_FILE_TMPDIR
	mkdir -p "$archive"
	seq 100000 >"$archive/numbers"
	serve
	mkdir -p "$BATS_FILE_TMPDIR/dists.good"
}

teardown_file() {
	leave_archive
}

setup() {
	: >"$BATS_FILE_TMPDIR/server/log"
	sum=$(digest "$archive/numbers")
	size=$(stat -c %s "$archive/numbers")
	to=$BATS_TEST_TMPDIR/numbers
}

teardown() {
	untiny
}

@test "a file is fetched, checked and there" {
	"$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	[ ! -e "$to.part" ]
}

@test "a line that goes dead is tried again from where it stopped" {
	"$DRIVER" fetch "$url/cut/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	grep -q "^206 $((size / 2)) " "$BATS_FILE_TMPDIR/server/log"
}

@test "what an earlier attempt left is gone on with" {
	head -c 5000 "$archive/numbers" >"$to.part"
	"$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	grep -q '^206 5000 ' "$BATS_FILE_TMPDIR/server/log"
}

@test "a part that is all there needs no request" {
	cp "$archive/numbers" "$to.part"
	"$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" "$size"
	[ ! -s "$BATS_FILE_TMPDIR/server/log" ]
}

@test "a part with wrong bytes is thrown away, and the file fetched from its start" {
	printf 'wrong bytes' >"$to.part"
	"$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	grep -q '^200 0 ' "$BATS_FILE_TMPDIR/server/log"
}

@test "a server that cannot go on in the middle sends all of it" {
	head -c 5000 "$archive/numbers" >"$to.part"
	"$DRIVER" fetch "$url/norange/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
}

@test "a part that somebody else is writing is left alone" {
	head -c 5000 "$archive/numbers" >"$to.part"
	flock "$to.part" "$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	[ "$(stat -c %s "$to.part")" -eq 5000 ]
	[ "$(ls "$BATS_TEST_TMPDIR" | wc -l)" -eq 2 ]
}

@test "a server that drips is given up" {
	run "$DRIVER" fetch "$url/drip/numbers" "$to" "$sum" "$size"
	[[ $output == *"timed out"* ]]
}

@test "two at once on one file do not hurt each other" {
	"$DRIVER" fetch "$url/cut/numbers" "$to" "$sum" "$size" 3>&- &
	one=$!
	"$DRIVER" fetch "$url/cut/numbers" "$to" "$sum" "$size"
	wait $one
	cmp "$archive/numbers" "$to"
}

@test "a server that fails for a moment is asked again" {
	"$DRIVER" fetch "$url/flaky/numbers" "$to" "$sum" "$size"
	[ "$(wc -l <"$BATS_FILE_TMPDIR/server/log")" -eq 2 ]
}

@test "a redirect is followed, but not out of HTTP" {
	"$DRIVER" fetch "$url/redirect/numbers" "$to" "$sum" "$size"
	cmp "$archive/numbers" "$to"
	refuses "corrupt: $url/escape/x: leads to a protocol that is not allowed" "$DRIVER" fetch "$url/escape/x" "$to.2"
	[ ! -e "$to.2" ]
}

@test "what is no file is refused at once, by whatever name" {
	mkfifo "$BATS_TEST_TMPDIR/a fifo"
	refuses "a fifo' is a FIFO; want a file" timeout 20 "$DRIVER" fetch "file://$BATS_TEST_TMPDIR/a%20fifo" "$to"
	refuses "'/dev/zero' is a device; want a file" timeout 20 "$DRIVER" fetch file:///dev/zero "$to"
	refuses "no such file" "$DRIVER" fetch "file://$BATS_TEST_TMPDIR/none" "$to"
	[ ! -e "$to" ]
}

@test "other bytes than expected are refused with both digests, and not kept" {
	other=$(echo other | sha256sum | cut -d' ' -f1)
	refuses "SHA-256 differs: want $other, got $sum" "$DRIVER" fetch "$url/plain/numbers" "$to" "$other" "$size"
	[ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

@test "a file longer or shorter than expected is refused" {
	refuses "it is longer than the 100 bytes that are wanted" "$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" 100
	refuses "size differs: want $((size + 1)) bytes, got $size" \
		"$DRIVER" fetch "$url/plain/numbers" "$to" "$sum" $((size + 1))
	[ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

@test "a file that has not changed is told so, by tag or by date" {
	"$DRIVER" fetch "$url/plain/numbers" "$to"
	run "$DRIVER" fetch "$url/plain/numbers" "$to"
	[ "$output" = unchanged ]
	rm "$to.version"
	run "$DRIVER" fetch "$url/noetag/numbers" "$to"
	[ "$output" = fetched ]
}

@test "404, no connection and no such file are told with the URL" {
	refuses "not-found: $url/plain/nothing: not found (404)" "$DRIVER" fetch "$url/plain/nothing" "$to"
	refuses "unreachable: http://127.0.0.1:1/x: no connection: Connection refused" \
		"$DRIVER" fetch http://127.0.0.1:1/x "$to"
	refuses "not-found: file:///nothing/x: no such file" "$DRIVER" fetch file:///nothing/x "$to"
	[ -z "$(ls "$BATS_TEST_TMPDIR")" ]
}

@test "a password in a URL is not told" {
	refuses "http://127.0.0.1:1/x: no connection" "$DRIVER" fetch http://me:secret@127.0.0.1:1/x "$to"
	[[ $output != *secret* ]]
}

@test "a server without a certificate that is trusted is refused" {
	refuses "TLS" "$DRIVER" fetch "https://${url#http://}/plain/numbers" "$to"
}

@test "no route is told" {
	ip netns list >/dev/null 2>&1 && unshare -n true || skip "no network namespaces here"
	refuses "no connection: Network is unreachable" \
		unshare -n "$DRIVER" fetch http://192.0.2.1/x "$to"
}

@test "a full disk is told, and nothing half is left on it" {
	tiny "$BATS_TEST_TMPDIR/small" 64k
	run "$DRIVER" fetch "$url/plain/numbers" "$BATS_TEST_TMPDIR/small/numbers" "$sum" "$size"
	left=$(ls "$BATS_TEST_TMPDIR/small")
	untiny
	[ "$status" -eq 1 ]
	[[ $output == *"No space left on device"* ]]
	[ -z "$left" ]
}

@test "a file goes into the pool only under its own digest" {
	cp "$archive/numbers" "$to"
	other=$(echo other | sha256sum | cut -d' ' -f1)
	refuses "is not taken into the pool" "$DRIVER" put "$BATS_TEST_TMPDIR/state" "$to" "$other"
	[ -e "$to" ]
	mkdir -p "$BATS_TEST_TMPDIR/state"
	"$DRIVER" put "$BATS_TEST_TMPDIR/state" "$to" "$sum"
	[ ! -e "$to" ]
	cmp "$archive/numbers" "$BATS_TEST_TMPDIR/state/pool/sha256/${sum:0:2}/$sum"
}
