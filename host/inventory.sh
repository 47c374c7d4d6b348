#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inventory.sh [RELEASE-CHECK] - print what this host is: facts, then every installed package.
#
# Only reads. RELEASE-CHECK is a command that prints the release of the code that runs here.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/finding.sh
. ./lib/facts.sh
. ./lib/kept.sh
. ./packages/any/state.sh

inventory "${1-}"
