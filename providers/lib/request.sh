# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# request.sh - the words of a request, checked once: CLONE, HOSTS, and options.

CLONE='' HOSTS=()
declare -A OPTIONS=()
NAME_SHAPE='^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$'

# Names become file names: nothing else may pass.
request_read() {
	local key value

	CLONE=$(request '.clone // ""')
	[ -z "$CLONE" ] || request_name clone "$CLONE"
	mapfile -t HOSTS < <(request '.hosts // [] | .[].name')
	for value in "${HOSTS[@]}"; do
		request_name host "$value"
	done
	while IFS=$'\t' read -r key value; do
		OPTIONS[$key]=$(printf '%b' "$value")
	done < <(request '.options // {} | to_entries[] | [.key, .value] | @tsv')
}

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
	readlink -f "$folder"
}
