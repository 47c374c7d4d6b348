# SPDX-License-Identifier: Apache-2.0
# fetch.sh - from the file system alone.

packages_fetch() {
	cp "${1#file://}" "$2"
}
