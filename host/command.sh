#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# command.sh COMMAND [as-user] - run a command of the configuration; what comes on standard input is the command's own.
#
# As root; with as-user as whoever signed in. Where that is another, sudo has its name in SUDO_USER.
user=${SUDO_USER-root}
[ "${2-}" = as-user ] && [ "$user" != root ] || exec sh -c "$1"
entry=$(getent passwd "$user") || {
	echo "there is no user '$user' on this host" >&2
	exit 1
}
HOME=$(printf '%s\n' "$entry" | cut -d: -f6) USER=$user LOGNAME=$user
export HOME USER LOGNAME
unset SUDO_USER SUDO_UID SUDO_GID SUDO_COMMAND
cd "$HOME" || cd /
exec runuser -u "$user" -- sh -c "$1"
