#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# sync.bats - all sources at once, recorded: a failure keeps the last good state in use.

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

teardown() {
	untiny
}

# Make the archive move on: another package, a newer Release.
move_on() {
	deb "$archive/pool/stable" "news$1" 1
	index stable
	release stable archive
	rm "$archive/pool/stable/news${1}_1_amd64.deb"
}

@test "the indexes in use are recorded" {
	run "$DRIVER" sync "$config"
	[[ $output == "test none 1 1"* ]]
	run "$DRIVER" indexes "$config"
	[ "$output" = "test stable $(digest "$archive/dists/stable/main/binary-amd64/Packages")" ]
}

@test "what an archive has in another form is no failure, whether the first form is absent or denied" {
	local dir=$archive/dists/stable mode form

	for mode in plain deny; do
		for form in by-hash beside; do
			rm -rf "$state"
			config "$url/$mode"
			if [ "$form" = by-hash ]; then
				release stable archive Acquire-By-Hash=true # announced, and not there
			else
				gpg --batch --quiet -u archive --armor --detach-sign -o "$dir/Release.gpg" "$dir/Release"
				rm "$dir/InRelease"
			fi
			run "$DRIVER" sync "$config"
			[[ $output == "test none 1 1"* ]]
			reset_archive
		done
	done
}

@test "an old Release file with a date far ahead is refused, and blocks nothing" {
	config "$url/dates"
	cp -a "$archive/dists" "$BATS_TEST_TMPDIR/old"
	sleep 1.1
	move_on 7
	"$DRIVER" sync "$config"
	cp -a "$archive/dists" "$BATS_TEST_TMPDIR/moved"
	rm -r "$archive/dists"
	cp -a "$BATS_TEST_TMPDIR/old" "$archive/dists"
	touch -d 2036-01-01 "$archive/dists/stable/InRelease"
	run "$DRIVER" sync "$config"
	[[ $output == *"a stale mirror, or a replay"* ]]
	rm -r "$archive/dists"
	cp -a "$BATS_TEST_TMPDIR/moved" "$archive/dists"
	run "$DRIVER" sync "$config"
	[[ $output == "test none"* ]]
}

@test "an archive that became another is refused, until a person takes the change; the record has both" {
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	sleep 1.1
	move_on 9
	release stable archive Codename=next NotAutomatic=yes
	for again in 1 2; do
		run "$DRIVER" sync "$config"
		[[ $output == "test refused "*"its Codename was 'stable' and is 'next'"*"'patchline sync --accept-change test'"* ]]
		[ "$("$DRIVER" indexes "$config")" = "$before" ]
	done
	run "$DRIVER" sync "$config" other
	[[ $output == "test refused "* ]]
	run "$DRIVER" sync "$config" test
	[[ $output == "test none 1 1"* ]]
	[ "$("$DRIVER" indexes "$config")" != "$before" ]
	run "$DRIVER" sync "$config"
	[[ $output == "test none 1 0"* ]]
	run "$DRIVER" events "$config" source.changed
	[ "$output" = '{"changes":{"codename":{"from":"stable","to":"next"},"priority":{"from":"500","to":"1"}},"suite":"stable"}' ]
}

@test "who waits for another sync of a source is told whose it is" {
	"$DRIVER" sync "$config"
	echo 4711 >"$state/indexes/releases/test/lock"
	flock "$state/indexes/releases/test/lock" sleep 1 3>&- &
	sleep 0.3
	run "$DRIVER" sync "$config"
	[[ $output == *"test waits for process 4711"* ]]
	[[ $output == *"test none 1 "* ]]
}

@test "one bad source does not stop the others" {
	sed -i "/^sources:/a\\  - {name: bad, uri: \"$url/plain/nowhere\", suites: [stable], keyring: $keys/archive.gpg}" "$config"
	run "$DRIVER" sync "$config"
	[[ $output == *"bad not-found "*"not found (404)"* ]]
	[[ $output == *"test none 1 1"* ]]
}

@test "a sync that fails leaves the last good state in use, whatever failed" {
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	move_on 1
	cp -a "$archive/dists" "$BATS_TEST_TMPDIR/moved"
	for spoil in 'release stable other' 'release stable -' \
		'truncate -s -9 dists/stable/main/binary-amd64/Packages.xz' \
		'rm -r dists/stable/main' \
		'rm -r dists/stable' 'truncate -s 300 dists/stable/InRelease'; do
		(cd "$archive" && $spoil)
		run "$DRIVER" sync "$config"
		[[ $output != "test none"* ]]
		[ "$("$DRIVER" indexes "$config")" = "$before" ]
		[ -f "$state/indexes/${before##* }" ]
		rm -rf "$archive/dists"
		cp -a "$BATS_TEST_TMPDIR/moved" "$archive/dists"
	done
	run "$DRIVER" sync "$config"
	[[ $output == "test none 1 1"* ]]
	[ "$("$DRIVER" indexes "$config")" != "$before" ]
}

@test "a mirror that goes back in time is refused" {
	cp -a "$archive/dists" "$BATS_TEST_TMPDIR/old"
	sleep 1.1
	move_on 2
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	rm -r "$archive/dists"
	cp -a "$BATS_TEST_TMPDIR/old" "$archive/dists"
	run "$DRIVER" sync "$config"
	[[ $output == *"a stale mirror, or a replay"* ]]
	[ "$("$DRIVER" indexes "$config")" = "$before" ]
}

@test "a sync that is killed leaves the last good state, and the next one is good" {
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	move_on 3
	for pause in 0.005 0.01 0.02 0.03 0.05 0.08; do
		"$DRIVER" sync "$config" >/dev/null 3>&- &
		pid=$!
		sleep $pause
		kill -KILL $pid 2>/dev/null || :
		wait $pid || :
		now=$("$DRIVER" indexes "$config")
		[ -f "$state/indexes/${now##* }" ]
		[ "$(digest "$state/indexes/${now##* }")" = "${now##* }" ]
	done
	run "$DRIVER" sync "$config"
	[[ $output == "test none 1 "* ]]
	[ "$("$DRIVER" indexes "$config")" != "$before" ]
}

@test "two at once on one state directory are both good" {
	"$DRIVER" sync "$config" >"$BATS_TEST_TMPDIR/one" 3>&- &
	one=$!
	run "$DRIVER" sync "$config"
	wait $one
	[[ $output == *"test none 1 "* ]]
	grep -q 'test none 1 ' "$BATS_TEST_TMPDIR/one"
}

@test "an index that no source uses any more is cleared away, a young one is kept" {
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	old=$state/indexes/${before##* }
	move_on 4
	"$DRIVER" sync "$config"
	[ -f "$old" ]
	touch -d '-2 hours' "$old"
	"$DRIVER" sync "$config"
	[ ! -e "$old" ]
	now=$("$DRIVER" indexes "$config")
	[ -f "$state/indexes/${now##* }" ]
}

@test "a full disk is told, and the last good state stays in use" {
	tiny "$state" 2m
	"$DRIVER" sync "$config"
	before=$("$DRIVER" indexes "$config")
	index=$archive/dists/stable/main/binary-amd64/Packages
	{ cat "$index"; echo; echo Package: big; echo Filename: x; printf 'Description: '; head -c 4000000 /dev/urandom | base64 -w0; echo; } >"$index.new"
	mv "$index.new" "$index"
	xz -kf "$index"
	release stable
	run "$DRIVER" sync "$config"
	after=$("$DRIVER" indexes "$config")
	left=$(find "$state/indexes" -maxdepth 1 -type f | wc -l)
	untiny
	[[ $output == *"No space left on device"* ]]
	[ "$after" = "$before" ]
	[ "$left" -eq 1 ]
}
