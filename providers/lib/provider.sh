# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# provider.sh - what every provider begins with: read a request, do it, answer; and the other nouns.
#
# A provider defines a function op_NAME for each of its operations and ends with `provider_serve NAME op...`. An operation runs
# in a shell of its own with `set -e`; what it prints last is its result, one line of JSON. `fail` ends it with an
# error of docs/providers.md; any other command that fails does so too, in its own words.

export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022

PROVIDER_LIB=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
PROVIDER_VERSION=0.1.0
PROVIDER_NAME='' PROVIDER_OPERATIONS=()
PROVIDER_ORIGINALS='[]' # which of them are for originals too, as JSON
REQUEST='{}' REQUEST_ID=null

# Fixed descriptors: answers go to 3, the error of `fail` to 4, what commands complain of to 5. None is for a machine.
provider_serve() {
	PROVIDER_NAME=$1
	PROVIDER_OPERATIONS=("${@:2}")
	exec 3>&1 1>&2
	while IFS= read -r REQUEST || [ -n "$REQUEST" ]; do
		provider_answer
	done
}

# A file without a name: nothing of it is left, whenever this process ends.
provider_scratch() {
	local file

	file=$(mktemp)
	eval "exec $1<>\"$file\""
	rm -f "$file"
}

provider_answer() {
	local op result='' status=0 is_whole=1

	request_split || is_whole=
	op=${WORDS[0]-}
	REQUEST_ID=${WORDS[1]-null}
	if [ -z "$op" ] || [ -z "$is_whole" ]; then
		provider_tell error "$(error_json system '' "a request is a JSON object with 'id' and 'op', one a line")"
		return
	fi
	if [[ " ${PROVIDER_OPERATIONS[*]} " != *" $op "* ]]; then
		provider_tell error "$(error_json unsupported '' "$PROVIDER_NAME does not know the operation '$op'")"
		return
	fi
	provider_scratch 4
	provider_scratch 5
	set +e
	result=$(provider_run "$op" </dev/null 2>&5)
	status=$?
	set -e
	if [ $status = 0 ]; then
		provider_tell result "$(tail -n 1 <<<"$result")"
	else
		provider_tell error "$(provider_why $status)"
	fi
	cat /proc/self/fd/5 >&2
	exec 4>&- 5>&-
}

# In a shell of its own: what it opens, sets and traps is gone with it.
provider_run() {
	set -eE
	trap 'provider_failed $? "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}:$LINENO"' ERR
	request_read
	"op_$1"
}

provider_failed() { [ "$1" = 9 ] || printf '%s\n' "failed with $1: ${2%%$'\n'*} ($3)" >&2; }

# provider_why STATUS: the error of an operation that ended so.
provider_why() {
	local said

	said=$(cat /proc/self/fd/4)
	if [ "$1" = 9 ] && [ -n "$said" ]; then
		printf '%s' "${said##*$'\n'}"
		return
	fi
	said=$(tail -n 4 /proc/self/fd/5 | cut -c-400)
	case $said in
	*'No space left on device'* | *'Disk quota exceeded'*) error_json no-space '' "$said" ;;
	*) error_json system '' "${said:-ended with status $1, without a word}" ;;
	esac
}

# provider_tell KEY JSON. The reader may be gone: that is no reason to stop in the middle.
provider_tell() {
	(
		trap '' PIPE
		printf '{"id":%s,"%s":%s}\n' "$REQUEST_ID" "$1" "$2" >&3
	) 2>/dev/null || :
}

progress() { provider_tell progress "$(json_text "$*")"; }

# json_text TEXT: as JSON. What needs no escape is not worth the time that jq takes to begin.
json_text() {
	case $1 in
	*[!\ -~]* | *[\"\\]*) jq -cn --arg text "$1" '$text' ;;
	*) printf '"%s"\n' "$1" ;;
	esac
}

# json_list: values from standard input, one a line, as a list.
json_list() {
	local IFS=, values

	mapfile -t values
	echo "[${values[*]}]"
}

# json_hosts [MEMBERS]: the answer about hosts: values as json_list takes them, and more members.
json_hosts() {
	local hosts

	hosts=$(json_list)
	echo "{\"hosts\":$hosts${1:+,$1}}"
}

# error_json KIND HOST MESSAGE: HOST may be empty.
error_json() {
	jq -cn --arg kind "$1" --arg host "$2" --arg message "$3" \
		'{kind: $kind, host: (if $host == "" then null else $host end), message: $message}'
}

# fail KIND HOST MESSAGE: ends the operation.
fail() {
	error_json "$@" >&4
	exit 9
}

# provider_lock FOLDER: one program at a time is at work in it; an earlier one may still be, though who called it is gone.
provider_lock() {
	exec 8<"$1"
	flock -w 120 8 || fail conflict '' "another program is at work in '$1'; wait until it has ended"
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# A machine outlives its starter: what that has open (a lock, a pipe that somebody reads to its end) is not for it.
close_files() {
	local file

	for file in /proc/self/fd/*; do
		file=${file##*/}
		[ "$file" -le 2 ] || [ "$file" = 255 ] || eval "exec $file>&-" # 255 is bash's own, and ends with it
	done
}

# await SECONDS COMMAND...: until the command succeeds; fails when that takes longer.
await() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))

	until "${@:2}"; do
		[ "${EPOCHREALTIME/[.,]/}" -lt $end ] || return 1
		sleep 0.02
	done
}

op_describe() {
	local operations

	operations=$(printf '"%s"\n' "${PROVIDER_OPERATIONS[@]}" | json_list)
	printf '{"protocol":1,"name":"%s","version":"%s","operations":%s,"can":{"originals":%s}}\n' \
		"$PROVIDER_NAME" "$PROVIDER_VERSION" "$operations" "$PROVIDER_ORIGINALS"
}

for noun in request cgroup volume kept differences machine copy fence copies; do
	# shellcheck source=/dev/null
	. "$PROVIDER_LIB/$noun.sh"
done
unset noun
