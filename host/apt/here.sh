# SPDX-License-Identifier: Apache-2.0
# Is it the package manager of this host?
[ -x /usr/bin/dpkg-query ] && [ -x /usr/bin/apt-get ]
