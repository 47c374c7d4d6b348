# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# remote.sh - a host over OpenSSH: reached as Patchline reaches it, its host key checked.
#
# $SCRATCH/HOST.ssh is an sh program that is ssh with what the request says, $SCRATCH/HOST.said what ssh and the programs
# complained of.

# remote_configure HOST CONFIG: the user's configuration, and behind it that one is root where nobody says who.
remote_configure() {
	if [ -n "$2" ]; then
		printf 'Include "%s"\n' "$2"
	else
		printf 'Include ~/.ssh/config\nMatch all\nInclude /etc/ssh/ssh_config\n'
	fi
	printf 'Match all\n\tUser root\n'
} >"$SCRATCH/$1.config"

# remote_prepare HOST: the request wins over the user's own configuration, which is asked about the host's name.
remote_prepare() {
	local words=()

	remote_configure "$1" "$(request_host "$1" '(.ssh // {}).config // ""')"

	# shellcheck disable=SC2016
	mapfile -t words < <(request_host "$1" '
		def given: select(. != null and . != "" and . != 0);
		(.ssh // {}) as $ssh |
		($ssh.identities // [] | .[] | "-i", .), "-o",
		([
			"HostName=\([.address, .name] | map(given) | first)", (.port | given | "Port=\(.)"), (first(.user, $ssh.user | given) | "User=\(.)"),
			($ssh.known_hosts | given | "UserKnownHostsFile=\"\(.)\""),
			"StrictHostKeyChecking=yes", "BatchMode=yes", "ConnectTimeout=10", "LogLevel=ERROR",
			"ServerAliveInterval=15", "ServerAliveCountMax=4", "ControlPath=none", "ControlMaster=no",
			"ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no", "PermitLocalCommand=no", "RequestTTY=no"
		] | join("\n-o\n"))')
	printf 'exec ssh %s "$@"\n' "$(remote_words -F "$SCRATCH/$1.config" "${words[@]}")" >"$SCRATCH/$1.ssh"
}

# remote_run HOST [WORD...]: standard input is an sh program; it runs there as root, with the words.
remote_run() {
	# shellcheck disable=SC2016
	local become='[ "$(id -u)" = 0 ] || exec sudo -n sh -s -- "$@"; exec sh -s -- "$@"'

	# shellcheck disable=SC2029
	sh "$SCRATCH/$1.ssh" "$1" "$(remote_words sh -c "$become" sh "${@:2}")" 2>"$SCRATCH/$1.said"
}

# remote_words WORD...: as one line that any shell takes apart again into these words.
remote_words() {
	local word

	for word in "$@"; do
		printf "'%s' " "${word//\'/\'\\\'\'}"
	done
}

# Kind of error, what ssh, rsync or tar said, and what that means; the first that fits.
REMOTE_ERRORS="\
no-space=No space left on device=the controller's disk is full; nothing of this capture is kept
no-space=Disk quota exceeded=the controller's quota is used up; nothing of this capture is kept
refused=HOST IDENTIFICATION HAS CHANGED=its host key is not the known one; if the host was made anew, replace its line in known_hosts, else somebody may be in between
refused=Host key verification failed=its host key is unknown; compare it on the host, then add it with ssh-keyscan
refused=Permission denied (=signing in was refused
refused=sudo: =its user needs sudo without a password
unreachable=onnection refused=it does not answer
unreachable=timed out=it does not answer
unreachable=o route to host=it does not answer
unreachable=etwork is unreachable=it does not answer
unreachable=ot resolve hostname=it does not answer
unreachable=ot responding=the connection was lost
unreachable=onnection closed=the connection was lost
unreachable=onnection reset=the connection was lost
unreachable=connection unexpectedly closed=the connection was lost
unreachable=roken pipe=the connection was lost"

# remote_fail HOST: ends the operation with what stands in HOST.said.
remote_fail() {
	local kind text words said

	said=$(grep -v '^[[:space:]]*$' "$SCRATCH/$1.said" | tail -n 3 | tr -s '\n\r' '  ' | cut -c-300)
	while IFS='=' read -r kind text words; do
		! grep -qF -- "$text" "$SCRATCH/$1.said" || fail "$kind" "$1" "$1: $words: ${said:-no word why}"
	done <<<"$REMOTE_ERRORS"
	fail system "$1" "$1: it could not be copied: ${said:-no word why}"
}
