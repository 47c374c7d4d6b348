# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# copies.sh - the operations on copies, the same for every provider whose copies are containers on subvolumes.
#
# A provider that knows originals too defines op_* that ask for CLONE first and call these.

# The order of a clone's removal: what runs, what is seen, what lies.
copies_remove() {
	local host

	request_clone
	copy_lock "$CLONE" gone
	cgroup_end "$(option clone-cgroup patchline/clones)/$CLONE" || fail system '' "processes of '$CLONE' do not end"
	for host in $(copy_hosts "$CLONE"); do
		machine_kill "$CLONE" "$host"
	done
	fence_remove "$CLONE"
	[ ! -d "$(copy_place "$CLONE")" ] || copy_discard "$CLONE"
	echo '{}'
}

copies_list() {
	local clone folder

	{
		for folder in "$(copy_clones)"/[!@]*; do
			[ ! -d "$folder" ] || basename "$folder"
		done
		fence_clones
	} | sort -u | while IFS= read -r clone; do
		copies_list_one "$clone"
	done | jq -cs '{clones: .}'
}

copies_list_one() {
	local place created host running=false

	place=$(copy_place "$1")
	created=$(jq .started_at "$place/clone.json" 2>/dev/null) || created=$(stat -c %Y000 "$place" 2>/dev/null) || created=0
	for host in $(copy_hosts "$1"); do
		! machine_is_running "$1" "$host" || running=true
	done
	copy_hosts "$1" | jq -cRn --arg clone "$1" --argjson created "$created" --argjson running $running \
		'{clone: $clone, hosts: [inputs], created_at: $created, running: $running}'
}

copies_start() {
	copy_lock "$CLONE"
	copy_must_have "$CLONE" "${HOSTS[@]}"
	copies_fence
	hosts_each copies_start_one
	copies_tell_started
}

# The fence stands before anything starts.
copies_fence() {
	copy_read "$CLONE"
	fence_plan "$CLONE"
	fence_read_request
	fence_make "$CLONE"
	FENCE_PREFIX=$(fence_prefix "$CLONE")
	fence_guard "$CLONE" "$FENCE_PREFIX"
	fence_sink "$CLONE"
}

# copies_start_one HOST
copies_start_one() {
	copies_must_stand "$1"
	fence_plug "$CLONE" "$1"
	progress "$1: booting"
	machine_start "$CLONE" "$1"
}

# The answer of `start`.
copies_tell_started() {
	local host

	for host in "${HOSTS[@]}"; do
		printf '{"host":"%s","address":"%s","port":%s}\n' "$host" "$(fence_address "$FENCE_PREFIX" "$host")" "${COPY_PORT[$host]}"
	done | json_hosts "\"inside\":$(fence_inside "$CLONE")"
}

# hosts_each FUNCTION: for every host, a few at once; fails as the first that failed.
hosts_each() {
	local host jobs=() parallel

	parallel=$(option parallel 4)
	[[ $parallel =~ ^[1-9][0-9]?$ ]] || fail refused '' "option 'parallel' is '$parallel': give a number from 1 to 99"
	for host in "${HOSTS[@]}"; do
		while [ "$(jobs -rp | wc -l)" -ge "$parallel" ]; do
			wait -n || :
		done
		"$1" "$host" &
		jobs+=($!)
	done
	copies_await "${jobs[@]}"
}

# copies_must_stand HOST: its root is not in the original's place.
copies_must_stand() {
	[ -d "$(copy_place "$CLONE")/hosts/$1" ] ||
		fail refused "$1" "the copy of '$CLONE' stands in the original's place: exchange it back first"
}

copies_stop() {
	local host jobs=() timeout

	copy_lock "$CLONE"
	timeout=$(request '.timeout_ms // 60000')
	for host in "${HOSTS[@]}"; do
		machine_stop "$CLONE" "$host" "$timeout" &
		jobs+=($!)
	done
	copies_await "${jobs[@]}"
	for host in $(copy_hosts "$CLONE"); do
		! machine_is_running "$CLONE" "$host" || { echo '{}' && return; }
	done
	fence_sink_stop "$CLONE"
	echo '{}'
}

# copies_await JOB...: all of them; fails as the first that failed.
copies_await() {
	local job status=0 one

	for job in "$@"; do
		one=0
		wait "$job" || one=$?
		[ $status != 0 ] || status=$one
	done
	return $status
}

# copies_must_rest HOST...: they are stopped.
copies_must_rest() {
	local host

	for host in "$@"; do
		! machine_is_running "$CLONE" "$host" || fail refused "$host" "its copy is running: stop it first"
	done
}

copies_run() {
	request_one_host
	copy_lock_host "$CLONE" "${HOSTS[0]}"
	copies_run_script "${HOSTS[0]}"
}

# copies_run_script HOST: its copy is locked.
copies_run_script() {
	local host=$1 place status=0 options=()

	copies_must_stand "$host"
	place=$(copy_place "$CLONE")/run-$host
	copies_must_rest "$host"
	copy_read "$CLONE"
	mkdir -p "$place"
	mapfile -d '' options < <(request -j '.environment // {} | to_entries[] | "--setenv=\(.key)=\(.value)\u0000"')
	request '.script' >"$place/script"
	request -j '.input // ""' >"$place/input"
	machine_script "$CLONE" "$host" "$place/script" "$(request '.timeout_ms // 600000')" "${options[@]}" \
		<"$place/input" >"$place/output" || status=$?
	tail -c 1000000 "$place/output" | jq -cRs --argjson status $status '{exit_status: $status, output: .}'
	rm -rf "$place"
}

# copies_kept NAME: the folder of that snapshot; `taken` is the moment of the clone.
copies_kept() {
	request_name snapshot "$1"
	[ "$1" = taken ] && copy_place "$CLONE/taken" || copy_place "$CLONE/kept/$1"
}

# copies_snapshot_name: one that is not the clone's own.
copies_snapshot_name() {
	local name

	name=$(request '.name // ""')
	request_name snapshot "$name"
	[ "$name" != taken ] || fail refused '' "the snapshot 'taken' goes with the clone"
	echo "$name"
}

copies_snapshot() {
	local host place name

	name=$(copies_snapshot_name)
	copy_lock "$CLONE"
	copy_must_have "$CLONE" "${HOSTS[@]}"
	place=$(copy_place "$CLONE")
	for host in "${HOSTS[@]}"; do
		copies_must_stand "$host"
		kept_make "$place/kept/$name" "$host" "$place/hosts/$host" "$place/data/$host"
	done
	kept_tell "$place/kept/$name" "${HOSTS[@]}"
}

copies_revert() {
	local host place name folder

	name=$(request '.name // ""')
	folder=$(copies_kept "$name")
	copy_lock "$CLONE"
	copy_must_have "$CLONE" "${HOSTS[@]}"
	place=$(copy_place "$CLONE")
	kept_must_be "$folder" "${HOSTS[@]}"
	for host in "${HOSTS[@]}"; do
		[ ! -d "$place/aside/$host" ] || copies_must_stand "$host"
		machine_stop "$CLONE" "$host" 30000
		kept_revert "$folder" "$host" "$place/hosts/$host"
	done
	echo '{}'
}

copies_forget() {
	local name

	name=$(copies_snapshot_name)
	copy_lock "$CLONE"
	kept_forget "$(copies_kept "$name")" "${HOSTS[@]}"
	echo '{}'
}

copies_changes() {
	local host=${HOSTS[0]} place since

	request_one_host
	since=$(copies_kept "$(request '.since // ""')")
	copy_lock "$CLONE"
	copy_must_have "$CLONE" "$host"
	copies_must_stand "$host"
	kept_must_be "$since" "$host"
	place=$(copy_place "$CLONE")
	copy_read "$CLONE"
	differences "$since" "$host" "$place/hosts/$host" "$place/data/$host" "${COPY_DATA[$host]}"
}
