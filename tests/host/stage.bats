#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stage.sh: files are right before they appear, and none is sent twice.

load host

set=$(printf '%064d' 1)

# list FILE... - as the controller sends it, of files in the test's directory "from".
list() {
	local file
	for file; do
		printf '%s %s %s\n' "$(sha256sum <"$from/$file" | cut -d ' ' -f 1)" "$(stat -c %s "$from/$file")" "$file"
	done
}

# stage MODE LIST FILE... - send the list, then the files' bytes.
stage() {
	local mode=$1 text=$2
	shift 2
	{
		printf '%s' "$text"
		(cd "$from" && [ $# = 0 ] || cat "$@")
	} | program stage "$mode" "$set" debian-12-amd64 ${#text}
}

make_files() {
	from=$BATS_TEST_TMPDIR/from
	place=$PATCHLINE_ROOT/sets/$set/debian-12-amd64
	mkdir -p "$from/pool"
	echo index >"$from/Packages"
	head -c 100000 /dev/urandom >"$from/pool/a_1%3a2~b+c_amd64.deb"
	: >"$from/pool/empty.deb"
	files=(Packages "pool/a_1%3a2~b+c_amd64.deb" pool/empty.deb)
}

@test "what is wanted arrives, and is wanted no more" {
	make_files
	all=$(list "${files[@]}")$'\n'
	[ "$(stage want "$all")" = "${all%$'\n'}" ]
	stage put "$all" "${files[@]}"
	diff -r "$from" "$place"
	[ "$(stage want "$all")" = "" ]
	[ "$(stat -c %a "$place")" = 755 ]
	[ -z "$(find "$PATCHLINE_ROOT/sets" -maxdepth 1 -name '.incoming*')" ]
}

@test "a file that was damaged on the host is wanted again" {
	make_files
	all=$(list "${files[@]}")$'\n'
	stage put "$all" "${files[@]}"
	echo other >"$place/Packages"
	[[ $(stage want "$all") == *" Packages" ]]
}

@test "bytes that are not those of the list never appear" {
	make_files
	all=$(list "${files[@]}")$'\n'
	echo wrong >"$from/Packages"
	run stage put "$all" "${files[@]}"
	[ "$status" -eq 1 ]
	[[ $output == *"arrived damaged: "*Packages* ]]
	[ ! -e "$place" ]
}

@test "a stream that is cut leaves nothing behind" {
	make_files
	all=$(list "${files[@]}")$'\n'
	run stage put "$all" Packages
	[ "$status" -eq 1 ]
	[[ $output == *"did not arrive"* ]]
	[ ! -e "$place" ]
	[ -z "$(find "$PATCHLINE_ROOT/sets" -mindepth 1)" ]
}

@test "a list that leads elsewhere is refused" {
	make_files
	digest=$(printf '%064d' 2)
	for path in ../x /etc/x pool/../../x .hidden pool/.x 'pool/$x' pool/; do
		run stage put "$digest 1 $path"$'\n' Packages
		[ "$status" -eq 1 ]
		[[ $output == *"not a file of a set"* ]]
	done
	run stage put "short 1 a"$'\n' Packages
	[ "$status" -eq 1 ]
}

@test "more than fits is refused before the first byte" {
	make_files
	run stage put "$(printf '%064d' 2) 900000000000000 pool/huge.deb"$'\n' Packages
	[ "$status" -eq 1 ]
	[[ $output == *"no space for the set"* ]]
}

@test "what was brought for a look is taken away, unless packages lie there" {
	make_files
	index=$(list Packages)$'\n'
	all=$(list "${files[@]}")$'\n'
	stage put "$index" Packages
	[ -e "$place/Packages" ]
	stage drop "$index"
	[ ! -e "$PATCHLINE_ROOT/sets/$set" ]
	stage drop "$index"
	stage put "$all" "${files[@]}"
	stage drop "$index"
	[ -z "$(stage want "$all")" ]
}
