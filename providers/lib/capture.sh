# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# capture.sh - what a capture is made of: look at the hosts, bring their files here, make copies of them that boot.

CAPTURE_VOLUMES='/home /opt /srv /usr /usr/local /var /var/lib /var/log'

# Files of this operation; gone with it.
capture_scratch() {
	SCRATCH=$(mktemp -d)
	trap 'rm -rf "$SCRATCH"' EXIT
}

# capture_survey HOST: what it is, and which areas it has.
capture_survey() {
	local data volumes

	remote_prepare "$1"
	readarray -t data < <(host_data "$1")
	remote_run "$1" "${data[@]}" <"$PROVIDER_LIB/probe" >"$SCRATCH/$1.probe" || remote_fail "$1"
	transfer_has "$1" systemd || fail unsupported "$1" "$1: it does not run systemd; a copy of it cannot be started here"
	volumes=$(option volumes usual)
	[ "$volumes" != usual ] || volumes=$CAPTURE_VOLUMES
	jq -Rs --argjson data "$(request_host "$1" '.data // []')" --arg volumes "$volumes" \
		-f "$PROVIDER_LIB/areas.jq" "$SCRATCH/$1.probe" >"$SCRATCH/$1.areas"
}

capture_coverage() {
	local host

	fence_must_hold
	capture_scratch
	hosts_each capture_survey
	for host in "${HOSTS[@]}"; do
		jq --arg host "$host" '{host: $host, areas: .}' "$SCRATCH/$host.areas"
	done | jq -cs '{hosts: .}'
}

# What a kill left of the clone goes: the masters have what it cost.
capture_clone() {
	request_clone
	fence_must_hold
	copy_lock "$CLONE" make
	if ! copy_is_whole "$CLONE"; then
		capture_scratch
		trap 'capture_end $?' EXIT
		copy_clear "$CLONE"
		capture_take
	fi
	copy_must_have "$CLONE" "${HOSTS[@]}"
	jq -c '.hosts |= map(select(.host | IN($ARGS.positional[])))' "$(copy_place "$CLONE")/clone.json" --args "${HOSTS[@]}"
}

# capture_end STATUS: a failure leaves no clone. For want of space it leaves nothing; else what has come so far stays in the masters.
capture_end() {
	local host

	if [ "$1" != 0 ]; then
		set +eE
		trap - ERR
		cgroup_end "$(machine_cgroup "$CLONE" '')"
		copy_discard "$CLONE"
		! capture_was_full || for host in "${HOSTS[@]}"; do
			(master_forsake "$host" "$([ -e "$SCRATCH/$host.first" ] && echo last)")
		done
	fi
	rm -rf "$SCRATCH"
	exit "$1"
}

capture_was_full() { grep -qE 'No space left on device|Disk quota exceeded|"no-space"' /proc/self/fd/4 /proc/self/fd/5; }

capture_take() {
	local started host

	transfer_rate
	started=$(now_ms)
	hosts_each capture_survey
	hosts_each capture_host
	for host in "${HOSTS[@]}"; do
		cat "$SCRATCH/$host.taken"
	done | jq -cs --argjson started "$started" --argjson ended "$(now_ms)" \
		'{started_at: $started, ended_at: $ended, hosts: .}' >"$SCRATCH/taken"
	copy_mark "$CLONE" "$(cat "$SCRATCH/taken")"
}

# capture_host HOST: into its master, and from there into the clone, before anybody else changes the master.
capture_host() {
	local started parts=(root)

	[ -z "$(transfer_data "$1")" ] || parts+=(data)
	master_lock "$1"
	master_is_there "$1" || : >"$SCRATCH/$1.first"
	master_begin "$1" "${parts[@]}"
	started=$(now_ms)
	transfer_host "$1" "${parts[@]}"
	master_finish "$1"
	capture_copy "$1"
	jq -cn --arg host "$1" --argjson at "$started" --argjson moved "$(cat "$SCRATCH/$1.moved")" \
		'{host: $host, taken_at: $at, paused_ms: 0, copied_bytes: $moved, was_running: true}' >"$SCRATCH/$1.taken"
}

# capture_copy HOST: the copy in the clone, able to boot. How it is then is its moment `taken`.
capture_copy() {
	local place last

	place=$(copy_place "$CLONE")
	last=$(master_place "$1")/last
	mkdir -p "$place/hosts" "$place/data" "$place/prepared"
	copy_note_host "$CLONE" "$1" "$(capture_network "$1")"
	volume_snapshot "$last/root" "$place/hosts/$1"
	[ ! -d "$last/data" ] || volume_snapshot "$last/data" "$place/data/$1"
	capture_prepare "$1"
	kept_make "$place/taken" "$1" "$place/hosts/$1" "$place/data/$1"
}

# capture_network HOST: its links, addresses and routes as it told them; else as its address lets assume.
capture_network() {
	local address network='{}'

	address=${HOST_ADDRESS[$1]}
	if grep -q '^links \[' "$SCRATCH/$1.probe"; then
		network=$(fence_network "$(capture_fact "$1" links)" "$(capture_fact "$1" addresses)" "$(capture_fact "$1" routes)" \
			"$(fence_resolve "$address")")
	fi
	if jq -e '.links // [] == []' <<<"$network" >/dev/null; then
		fence_assume "$address"
	else
		echo "$network"
	fi
}

# capture_fact HOST NAME: JSON on a line of the probe.
capture_fact() { sed -n "s/^$2 //p" "$SCRATCH/$1.probe"; }

# capture_prepare HOST: what of the machine it was must not start in a container; told, and kept in the clone's folder.
capture_prepare() {
	local place line

	place=$(copy_place "$CLONE")
	capture_drop_nodes "$place/hosts/$1" "$place/data/$1" >"$place/prepared/$1"
	machine_script "$CLONE" "$1" "$PROVIDER_LIB/prepare" 60000 <"$PROVIDER_LIB/hardware" >>"$place/prepared/$1" ||
		fail system "$1" "$1: its copy could not be prepared: $(tail -n 3 "$place/prepared/$1")"
	while IFS= read -r line; do
		progress "$1: in the copy, $line"
	done <"$place/prepared/$1"
}

# capture_drop_nodes FOLDER...: device nodes that stand for hardware: here they would open this machine's own disks. Before any
# program of the copy runs, and from outside: it may lie. What overlayfs marks deletions with (0:0) is no device.
capture_drop_nodes() {
	local folder node

	for folder in "$@"; do
		[ -d "$folder" ] || continue
		find "$folder" -xdev \( -type b -o -type c \) -print0 | while IFS= read -r -d '' node; do
			case $(stat -c '%F %t:%T' "$node") in
			'character special file '0:0 | 'character special file '1:[35789] | 'character special file '5:[02]) ;;
			*)
				rm -f "$node"
				printf 'the device node %q is gone\n' "${node#"$folder"}"
				;;
			esac
		done
	done
}

# capture_copies OPERATION: of a clone; the originals are nobody's here.
capture_copies() {
	[ -n "$CLONE" ] || fail unsupported '' "capture cannot $1 the originals: it only reads their files over ssh"
	"copies_$1"
}
