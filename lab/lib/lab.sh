# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# lab.sh - what every command of the lab begins with: where things are, how it speaks, and the other nouns.

export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset APT_CONFIG
umask 022

HERE=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
LAB=$(realpath -m "${PATCHLINE_LAB:-/var/lib/patchline-lab}")           # the running lab
DISK=$LAB/disk.img                                                      # its file system ...
ROOT=$LAB/mount/disk                                                    # ... and where that is mounted
CACHE=$(realpath -m "${PATCHLINE_LAB_CACHE:-/var/cache/patchline-lab}") # what is slow to make again
SCRATCH=$CACHE/scratch                                                  # while it is made
GROUP=patchline-lab                                                     # the cgroup that all of it runs in
export PATCHLINE_LAB=$LAB PATCHLINE_LAB_CACHE=$CACHE

say() { printf '%s\n' "lab: $*"; }

# die WHY: with a status that tells those above that all is said.
die() {
	printf '%s\n' "lab: $*" >&2
	exit 9
}

# As the providers' files want it.
fail() { die "$3"; }

# In a pipe into `grep -q` the writer may be killed by SIGPIPE, and pipefail then answers no: ask with <<<"$(...)".

# A command that fails without a word of its own is named.
lab_failed() { [ "$1" = 9 ] || printf '%s\n' "lab: failed with $1: ${2%%$'\n'*} ($3)" >&2; }
set -E
trap 'lab_failed $? "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}:$LINENO"' ERR

# Tools the lab calls, and the Debian packages that bring them.
TOOLS='apt-ftparchive:apt-utils btrfs:btrfs-progs curl:curl eatmydata:eatmydata gpg:gnupg gpgv:gpgv
ip:iproute2 mkfs.btrfs:btrfs-progs mmdebstrap:mmdebstrap ssh:openssh-client
systemd-nspawn:systemd-container zstd:zstd'

lab_require() {
	local tool missing=

	[ "$(id -u)" = 0 ] || die "run it as root: it makes mounts, network namespaces and containers"
	for tool in $TOOLS; do
		command -v "${tool%:*}" >/dev/null || missing="$missing ${tool#*:}"
	done
	[ -z "$missing" ] || die "missing tools; install them with: apt-get install$missing"
	[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] ||
		die "no Debian keys; install them with: apt-get install debian-archive-keyring"
}

# The usage of a command is its own opening comment, from its fourth line on.
lab_usage() {
	sed -n '4,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit "${1-2}"
}

# shellcheck source=/dev/null
. "${HERE%/*}/providers/lib/cgroup.sh"
for noun in claim disk fleet keys archive deb image network host shop config; do
	# shellcheck source=/dev/null
	. "$HERE/lib/$noun.sh"
done
unset noun
