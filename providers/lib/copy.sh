# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# copy.sh - where a clone lies on disk: one folder each, with all that is known of it.
#
#   CLONES/CLONE/
#     clone.json            what `clone` answered; written last: without it the clone is half
#     host/HOST.json        {"host","address","port","data","network"}: as the original was
#     hosts/HOST            subvolume: the copy's root;  data/HOST: its declared data
#     taken/HOST[.data]     read-only: both as they were at the moment of the clone
#     kept/NAME/HOST        read-only: snapshots of the copy
#     aside/HOST            the original's root, while the copy's stands in its place
#     log/                  what the containers and the sink print
#
# Folders whose names begin with '@' are no clones.

copy_clones() { option_folder clones; }
copy_place() { echo "$(copy_clones)/$1"; }
copy_is_whole() { [ -e "$(copy_place "$1")/clone.json" ]; }
copy_must_be_whole() { copy_is_whole "$1" || fail not-found '' "there is no whole clone '$1' here"; }

# copy_must_have CLONE HOST...
copy_must_have() {
	local host

	copy_must_be_whole "$1"
	for host in "${@:2}"; do
		[ -e "$(copy_place "$1")/host/$host.json" ] || fail not-found "$host" "the clone '$1' has no copy of it"
	done
}

# What is known of the hosts of one clone, after copy_read; COPY_DATA: the first declared data path.
declare -A COPY_ADDRESS=() COPY_PORT=() COPY_DATA=()

# copy_read CLONE
copy_read() {
	local host address port data place facts

	place=$(copy_place "$1")
	facts=$(jq -r '[.host, .address, .port, .data[0] // ""] | join("\u001f")' "$place"/host/*.json)
	while IFS=$'\x1f' read -r host address port data; do
		COPY_ADDRESS[$host]=$address COPY_PORT[$host]=$port COPY_DATA[$host]=$data
	done <<<"$facts"
}

# copy_hosts CLONE: all of them; those of half a clone too.
copy_hosts() {
	local file

	for file in "$(copy_place "$1")"/host/*.json; do
		[ ! -e "$file" ] || basename "$file" .json
	done
}

# copy_lock CLONE [make|gone|share]: until this operation ends; shared with others that say so. Waits for another provider a while: the
# controller that began it may have been killed. One that is not there is made, or is as well (it may go while we wait), or is an error.
copy_lock() {
	local place words=()

	place=$(copy_place "$1")
	[ "${2-}" != share ] || words=(-s)
	for _ in {1..10}; do
		[ "${2-}" != make ] || mkdir -p "$place"
		if [ ! -d "$place" ]; then
			[ "${2-}" != gone ] || return 0
			fail not-found '' "there is no clone '$1' here"
		fi
		{ exec 7<"$place"; } 2>/dev/null || continue
		flock "${words[@]}" -w 20 7 || fail conflict '' "another program is at work on the clone '$1'; wait until it has ended"
		[ ! /proc/self/fd/7 -ef "$place" ] || return 0
	done
	fail conflict '' "another program removes and makes the clone '$1'"
}

# copy_lock_host CLONE HOST: until this operation ends; others may be at work on other hosts of the clone.
copy_lock_host() {
	copy_lock "$1" share
	copy_must_have "$1" "$2"
	exec 8<"$(copy_place "$1")/host/$2.json"
	flock -w 20 8 || fail conflict "$2" "another program is at work on its copy; wait until it has ended"
}

# copy_note_host CLONE HOST NETWORK: keeps what is known of the original.
copy_note_host() {
	local place address path data=''

	place=$(copy_place "$1")
	mkdir -p "$place/host"
	address=$(json_text "${HOST_ADDRESS[$2]}")
	while IFS= read -r path; do
		data+=${data:+,}$(json_text "$path")
	done < <(host_data "$2")
	printf '{"host":"%s","address":%s,"port":%s,"data":[%s],"network":%s}\n' "$2" "$address" "${HOST_PORT[$2]}" "$data" "$3" \
		>"$place/host/$2.json.new"
	mv "$place/host/$2.json.new" "$place/host/$2.json"
	COPY_DATA[$2]=$(host_data "$2" | head -n 1)
}

# copy_mark CLONE RESULT: it is whole.
copy_mark() {
	local place

	place=$(copy_place "$1")
	printf '%s\n' "$2" >"$place/clone.json.new"
	sync -f "$place/clone.json.new"
	mv "$place/clone.json.new" "$place/clone.json"
}

# copy_clear CLONE: all that its folder holds. The mark goes first: what a kill leaves is half a clone.
copy_clear() {
	local place folder

	place=$(copy_place "$1")
	rm -f "$place/clone.json"
	for folder in "$place"/hosts/* "$place"/data/* "$place"/taken/* "$place"/kept/*/* "$place"/aside/*; do
		volume_delete "$folder"
	done
	find "$place" -xdev -mindepth 1 -delete
}

# copy_discard CLONE: its folder too.
copy_discard() {
	copy_clear "$1"
	rmdir "$(copy_place "$1")"
}
