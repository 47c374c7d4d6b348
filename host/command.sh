#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# command.sh COMMAND - run a command of the configuration; what comes on standard input is the command's own.
exec sh -c "$1"
