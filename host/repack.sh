#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# repack.sh NAME ARCHITECTURE VERSION - build the file of an installed package anew from what is on this host, and print it.
#
# For the way back, when no archive has that version any more. What the package has and the host has no more (documentation
# that was never unpacked) is left out, and told on standard error. Only reads, but for a folder below /var/lib/patchline
# that is gone afterwards.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022

. ./packages/rebuild.sh

fail() {
	printf '%s %s cannot be rebuilt: %s\n' "$name" "$version" "$1" >&2
	exit 1
}

name=$1
# shellcheck disable=SC2034 # for packages_rebuild
architecture=$2
version=$3
work=${PATCHLINE_ROOT:-/var/lib/patchline}/repack.$$
mkdir -p "$work" || fail "cannot make $work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
packages_rebuild "$work/built"
cat "$work/built"
