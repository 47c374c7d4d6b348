# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# transfer.sh - bring the files of a host here over ssh: rsync where the host has it, else tar, which moves everything.
#
# $SCRATCH/HOST.probe has what the host is, HOST.areas its areas.

# transfer_areas HOST FILTER [ARGUMENT...]
transfer_areas() { jq -r "$2" "${@:3}" "$SCRATCH/$1.areas"; }

transfer_has() { grep -qxF -- "$2" "$SCRATCH/$1.probe"; }

# transfer_root HOST: what runs before a program there, so that it runs as root and lets others go first.
transfer_root() {
	! transfer_has "$1" sudo || printf 'sudo -n '
	sed -n 's/^gentle //p' "$SCRATCH/$1.probe"
}

# transfer_host HOST PART...: all its areas into the new master, which has these parts; HOST.moved says how many bytes moved.
transfer_host() {
	local way moved=0 path paths=()

	way=$(transfer_way "$1")
	[ "$way" != tar ] || master_empty "$@"
	mapfile -t paths < <(transfer_areas "$1" '.[] | select(.covered).path')
	for path in "${paths[@]}"; do
		"transfer_$way" "$1" "$path" "$(transfer_target "$1" "$path")"
		moved=$((moved + $(cat "$SCRATCH/$1.moved")))
		progress "$1: $path copied by $way, $(numfmt --to=iec "$(cat "$SCRATCH/$1.moved")") moved"
	done
	echo $moved >"$SCRATCH/$1.moved"
}

transfer_way() {
	local way

	for way in rsync tar; do
		! transfer_has "$1" $way || { echo $way && return; }
	done
	fail unsupported "$1" "$1: it has neither rsync nor GNU tar: install rsync there"
}

# transfer_target HOST PATH: where it goes. The first declared data path is a volume of its own.
transfer_target() {
	local new data

	new=$(master_place "$1")/new
	data=$(transfer_data "$1")
	if [ -n "$data" ] && [[ $2/ == "$data"/* ]]; then
		printf '%s/data%s/' "$new" "${2#"$data"}"
	else
		printf '%s/root%s/' "$new" "${2%/}"
	fi
}

transfer_data() { echo "${HOST_DATA[$1]%%$'\n'*}"; }

# transfer_left_out HOST PATH: the rules of lib/left-out.jq.
transfer_left_out() {
	jq -r --arg path "$2" --arg data "$(transfer_data "$1")" \
		--argjson swap "$(sed -n 's/^swap //p' "$SCRATCH/$1.probe" | jq -Rn '[inputs]')" \
		-f "$PROVIDER_LIB/left-out.jq" "$SCRATCH/$1.areas"
}

# Sets RATE: bytes a second that may be asked of a host; 0 for any.
transfer_rate() {
	RATE=$(numfmt --from=iec -- "$(option bandwidth 0)" 2>/dev/null) ||
		fail refused '' "option 'bandwidth' is '$(option bandwidth)': give bytes a second, such as 20M"
}

# transfer_rsync HOST PATH TARGET: makes TARGET what PATH is. That a file vanished meanwhile (24) is no failure.
transfer_rsync() {
	local status=0 words=(rsync -aHAXxS --numeric-ids --delete --secluded-args --stats --no-human-readable --timeout=300)

	[ "$RATE" = 0 ] || words+=(--bwlimit="$(((RATE + 1023) / 1024))")
	words+=(--rsh="sh $SCRATCH/$1.ssh" --rsync-path="$(transfer_root "$1")rsync" --filter="merge $SCRATCH/$1.rules")
	transfer_left_out "$1" "$2" >"$SCRATCH/$1.rules"
	transfer_confined "$3" "${words[@]}" "$1:${2%/}/" "$3" >"$SCRATCH/$1.stats" 2>"$SCRATCH/$1.said" || status=$?
	[ $status = 0 ] || [ $status = 24 ] || remote_fail "$1"
	awk '/^Total bytes (sent|received): / { sum += $NF } END { printf "%.0f\n", sum }' "$SCRATCH/$1.stats" >"$SCRATCH/$1.moved"
}

# transfer_tar HOST PATH TARGET: into an empty folder. That a file changed meanwhile (1) is no failure.
transfer_tar() {
	local status words=(tar --create --one-file-system --numeric-owner --acls --xattrs --sparse --directory="${2%/}/")

	transfer_left_out "$1" "$2" >"$SCRATCH/$1.rules"
	mapfile -t -O ${#words[@]} words < <(sed 's/^. /--exclude=./' "$SCRATCH/$1.rules")
	status=$(transfer_pipe "$1" "$3" "$(transfer_root "$1") $(remote_words "${words[@]}" .)")
	case $status in
	'0 0 0' | '1 0 0') ;;
	*) remote_fail "$1" ;;
	esac
}

# transfer_pipe HOST TARGET COMMAND: prints how each of the three ended.
transfer_pipe() {
	set +e
	sh "$SCRATCH/$1.ssh" "$1" "$3" 2>"$SCRATCH/$1.said" </dev/null |
		transfer_meter "$RATE" 2>"$SCRATCH/$1.moved" |
		transfer_confined "$2" tar --extract --same-owner --same-permissions --numeric-owner --acls --xattrs \
			--xattrs-include='*' --directory="$2" >&2 2>>"$SCRATCH/$1.said"
	echo "${PIPESTATUS[*]}"
}

# transfer_meter RATE: passes its input on, at most so many bytes a second; prints on standard error how many there were.
transfer_meter() {
	local rate=$1 piece total=0 count

	piece=$((rate > 0 ? rate : 1 << 30))
	exec 6>&1
	while :; do
		count=$(dd bs=64K iflag=fullblock,count_bytes count=$piece 2>&1 >&6 | awk '/ copied/ { print $1 }')
		total=$((total + count))
		[ "$count" = "$piece" ] || break
		[ "$rate" = 0 ] || sleep 1
	done
	echo $total >&2
}

# transfer_confined FOLDER COMMAND...: with everything but the folder read-only. What the other side sends may be hostile: a
# file through a link that leads out of the copy then fails, instead of changing the controller.
transfer_confined() {
	# shellcheck disable=SC2016
	unshare --mount --propagation private bash -c '
		set -e
		mount --bind "$0" "$0"
		findmnt -rno TARGET | while IFS= read -r place; do
			place=$(printf %b "$place")
			[ "$place" -ef "$0" ] || mount -o remount,bind,ro "$place" 2>/dev/null || [ "$place" != / ]
		done
		exec "$@"' "${1%/}" "${@:2}"
}
