# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# differences.sh - what differs between two moments of a machine: exact, and at the price of what differs.
#
# btrfs tells which paths it would touch to turn the old tree into the new one. Each of these is then looked at in both
# trees: only in the new one, added; only in the old one, removed; in both and not alike, changed. Times do not count.

DIFFERENCES_MOST=10000

# differences FOLDER HOST ROOT DATA DATA_PATH: the answer of `changes` for the snapshot HOST in FOLDER and the volumes as they are. Root
# and data are looked at side by side.
differences() {
	local base=$1/$2

	{
		differences_of "$base" "$3" '' false &
		if [ -n "$5" ] && volume_is "$base.data" && volume_is "$4"; then
			differences_of "$base.data" "$4" "$5" true
		fi
		wait $!
	} | jq -cs --argjson most $DIFFERENCES_MOST 'sort_by(.path) | {paths: .[:$most], is_cut: (length > $most)}'
}

# differences_of OLD VOLUME PATH IS_DATA: {"path","change","is_data"} a line, PATH before each. OLD is compared with a snapshot of now.
differences_of() {
	local now=$1.now

	volume_delete "$now"
	volume_snapshot -r "$2" "$now"
	differences_between "$1" "$now" "${@:3}"
	volume_delete "$now"
}

# In a shell of its own, for its scratch folder.
differences_between() (
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	differences_touched "$1" "$2" "$scratch" >"$scratch/touched"
	sed -z 's/^[a-z_]* //' "$scratch/touched" | sort -zu >"$scratch/paths"
	differences_look "$1" <"$scratch/paths" >"$scratch/old"
	differences_look "$2" <"$scratch/paths" >"$scratch/new"
	differences_below "$1" "$2" "$scratch" >>"$scratch/paths"
	sort -zuo "$scratch/paths" "$scratch/paths"
	differences_look "$1" <"$scratch/paths" >"$scratch/old"
	differences_look "$2" <"$scratch/paths" >"$scratch/new"
	differences_judge "$1" "$2" "$scratch" "${@:3}"
)

# differences_touched OLD NEW SCRATCH: "operation path", ended by NUL, as often as the stream names them. While it is played, a file
# may have a name made of its inode number; its own real name comes in the renaming.
differences_touched() {
	local numbered='^[a-z_]+ /o[0-9]+-[0-9]+-[0-9]+'

	differences_stream "$1" "$2" | btrfs receive --dump | differences_words | differences_decode |
		sed -zE 's,^([a-z_]+) \./[^/]+$,\1 /,; s,^([a-z_]+) \./[^/]+/,\1 /,' >"$3/stream"
	grep -zvE "$numbered(/|$)" "$3/stream" || :
	{ grep -zE "$numbered/" "$3/stream" || :; } | differences_by_number "$1" "$2"
}

# The reader goes when it has read the stream's end, at times before the writer has: 141 is SIGPIPE.
differences_stream() { btrfs send -q --no-data -p "$1" "$2" || [ $? = 141 ]; }

# differences_by_number OLD NEW: what the stream names below such a number, with the names that the number has in either tree.
differences_by_number() {
	local record tree path

	while IFS= read -r -d '' record; do
		[[ $record =~ ^([a-z_]+)\ /o([0-9]+)-[0-9]+-[0-9]+(/.*)$ ]] || continue
		for tree in "$1" "$2"; do
			while IFS= read -r path; do
				printf '%s %s\0' "${BASH_REMATCH[1]}" "${path#"$tree"}${BASH_REMATCH[3]}"
			done < <(btrfs inspect-internal inode-resolve "${BASH_REMATCH[2]}" "$tree" 2>/dev/null)
		done
	done
}

# One line of the dump is an operation and a path, in which every space is escaped, perhaps one more: "rename ./a dest=./b".
differences_words() {
	sed -nE '
		/^(snapshot|subvol|utimes) /d
		s/^([a-z_]+) +(([^\\ ]|\\.)+).* dest=(\.\/([^\\ ]|\\.)+).*$/\1 \2\n\1 \4/p; t
		s/^([a-z_]+) +(([^\\ ]|\\.)+).*$/\1 \2/p'
}

# differences_decode: lines with the escapes of btrfs, as bytes ended by NUL.
differences_decode() {
	sed -E 's/\\\\/\\134/g; s/\\ /\\040/g; s/\\([0-7]{3})/\\0\1/g' | tr '\n' '\0' | xargs -0r printf '%b\0'
}

# differences_look TREE: path and what stat says (inode, mode, owner, group, size) of those paths that are there.
differences_look() (
	cd "$1" || exit
	sed -z 's/^/./' | xargs -0r stat --printf '%n\0%i %f %u %g %s\0' 2>/dev/null || :
)

# Of both files of differences_look: [path, old, new] for each path, old or new null where it is not there.
# shellcheck disable=SC2016
DIFFERENCES_JOIN='
	def looked: split("\u0000") as $words
		| reduce range(0; ($words | length) - 1; 2) as $i ({}; .[$words[$i][1:]] = ($words[$i + 1] | split(" ")));
	def kind: if . then .[1][:-3] else "" end;
	($old | looked) as $old | ($new | looked) as $new | ($old + $new | keys[]) | [., $old[.], $new[.]]
	| select(.[0] != "")'

# differences_below OLD NEW SCRATCH: of a folder that came, went, or is another one now, all that lies in it: the stream does not name
# what moved with its folder.
differences_below() {
	local path

	jq -nj --rawfile old "$3/old" --rawfile new "$3/new" "$DIFFERENCES_JOIN"'
		| select((.[1] | kind) == "4" or (.[2] | kind) == "4")
		| select((.[1] | kind) != (.[2] | kind) or .[1][0] != .[2][0]) | .[0] + "\u0000"' |
		while IFS= read -r -d '' path; do
			differences_inside "$1" "$path"
			differences_inside "$2" "$path"
		done
}

# differences_inside TREE PATH
differences_inside() {
	[ ! -d "$1$2" ] || [ -L "$1$2" ] || (cd "$1" && find ".$2" -mindepth 1 -print0 | sed -z 's/^\.//')
}

# differences_judge OLD NEW SCRATCH PATH IS_DATA: for those that look alike but were written or are other files now, the content decides.
differences_judge() {
	local path

	jq -nj --rawfile old "$3/old" --rawfile new "$3/new" --rawfile touched "$3/touched" '
		def written: IN("update_extent", "write", "clone", "truncate");
		(reduce ($touched | split("\u0000")[] | select(. != "") | split(" ")) as $words ({};
			($words[1:] | join(" ")) as $path | if $words[0] | IN("set_xattr", "remove_xattr") then .[$path] = "marked"
			elif ($words[0] | written) and .[$path] == null then .[$path] = "written" else . end)) as $done
		| '"$DIFFERENCES_JOIN"'
		| . as [$path, $was, $is]
		| (if $was == null then "added" elif $is == null then "removed"
			elif $was[1:4] != $is[1:4] or $done[$path] == "marked" then "changed"
			elif ($is | kind) == "4" then empty
			elif $was[4] != $is[4] then "changed"
			elif $was[0] != $is[0] or $done[$path] == "written" then "compare"
			else empty end) + " " + $path + "\u0000"' >"$3/verdicts"
	{
		grep -zv '^compare ' "$3/verdicts" || :
		{ grep -z '^compare ' "$3/verdicts" || :; } | while IFS= read -r -d '' path; do
			path=${path#compare }
			differences_alike "$1$path" "$2$path" || printf 'changed %s\0' "$path"
		done
	} | jq -cRs --arg path "$4" --argjson is_data "$5" 'split("\u0000")[] | select(. != "") | split(" ")
		| {path: ($path + (.[1:] | join(" "))), change: .[0], $is_data}'
}

# differences_alike OLD-FILE NEW-FILE: nothing but a small file or a link is read for it.
differences_alike() {
	if [ -L "$1" ]; then
		[ "$(readlink "$1")" = "$(readlink "$2")" ]
	else
		[ -f "$1" ] && cmp -s -n 16777217 "$1" "$2" && [ "$(stat -c %s "$1")" -le 16777216 ]
	fi
}
