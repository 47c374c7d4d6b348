# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# request.sh - the words of a request, read and checked once: CLONE, HOSTS with what is told of each, and options.

CLONE='' HOSTS=()
declare -A HOST_ADDRESS=() HOST_PORT=() HOST_DATA=() # of each host; HOST_DATA: declared paths, a line each
declare -A OPTIONS=()
NAME_SHAPE='^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$'

# All that every operation wants of a request, in the order in which request_read takes it; jq takes far longer to begin than to read.
# shellcheck disable=SC2016
REQUEST_WORDS='def word: tostring + "\u0000"; (.op | strings // "" | word), (.id | tojson | word),
	(.clone // "" | word), (.hosts // [] | length | word),
	(.hosts // [] | .[] | (.name, .address // .name, .port // 22, (.data // [] | join("\n"))) | word),
	(.options // {} | to_entries[] | (.key, .value) | word), ("end" | word)'

# request_split: REQUEST as WORDS, the operation and the id first; fails when it is not shaped as docs/providers.md says.
request_split() {
	mapfile -d '' WORDS < <(jq -j "$REQUEST_WORDS" <<<"$REQUEST" 2>/dev/null)
	[ "${WORDS[*]: -1}" = end ]
}

# Names become file names: nothing else may pass.
request_read() {
	local at=4 host

	CLONE=${WORDS[2]}
	[ -z "$CLONE" ] || request_name clone "$CLONE"
	for (( ; at < 4 + 4 * WORDS[3]; at += 4)); do
		host=${WORDS[at]}
		request_name host "$host"
		HOSTS+=("$host")
		HOST_ADDRESS[$host]=${WORDS[at + 1]} HOST_PORT[$host]=${WORDS[at + 2]} HOST_DATA[$host]=${WORDS[at + 3]}
	done
	for (( ; at + 1 < ${#WORDS[@]}; at += 2)); do
		OPTIONS[${WORDS[at]}]=${WORDS[at + 1]}
	done
}

# host_data HOST: its declared data paths, a line each.
host_data() { [ -z "${HOST_DATA[$1]}" ] || echo "${HOST_DATA[$1]}"; }

# request FILTER [ARGUMENT...]: raw answer of a jq filter on the request.
request() { jq -r "$@" <<<"$REQUEST"; }

# request_host HOST FILTER: of the entry of that host.
request_host() { jq -r --arg host "$1" ".hosts[] | select(.name == \$host) | $2" <<<"$REQUEST"; }

request_name() { [[ $2 =~ $NAME_SHAPE ]] || fail refused '' "'$2' is no name for a $1: letters, digits, '-', '_', '.'"; }

request_clone() { [ -n "$CLONE" ] || fail refused '' "name the clone"; }
request_one_host() { [ ${#HOSTS[@]} = 1 ] || fail refused '' "name one host, not ${#HOSTS[@]}"; }

# option NAME [DEFAULT]: without a default it must be configured.
option() {
	local value=${OPTIONS[$1]-}

	[ -n "$value" ] || [ $# -gt 1 ] || fail refused '' "option '$1' is missing: add it to the provider's options"
	printf '%s' "${value:-${2-}}"
}

# option_folder NAME: one that must be there, as an absolute path.
option_folder() {
	local folder

	folder=$(option "$1")
	[ -d "$folder" ] || fail refused '' "option '$1': there is no folder $folder"
	(CDPATH='' cd -P -- "$folder" && pwd)
}
