# SPDX-License-Identifier: Apache-2.0
# fetch.sh - get one file from the network with what every apt host has.

# packages_fetch URL FILE SHA256
packages_fetch() {
	/usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$1" "$2" "SHA256:$3" >&2
}
