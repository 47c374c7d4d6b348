# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# fleet.sh - the table of hosts, read.

fleet_rows() { grep -v '^#' "$HERE/hosts"; }

fleet_hosts() { fleet_rows | awk -v environment="${1-}" '!environment || $2 == environment { print $1 }'; }
fleet_environments() { fleet_rows | awk '$2 != "outside" && !seen[$2]++ { print $2 }'; }
fleet_environment() { fleet_field "$1" 2; }
fleet_role() { fleet_field "$1" 3; }
fleet_address() { fleet_field "$1" 4; }

# fleet_field HOST COLUMN
fleet_field() {
	fleet_rows | awk -v host="$1" -v column="$2" '$1 == host { print $column; found = 1 } END { exit !found }' ||
		die "no host '$1' in $HERE/hosts"
}

# fleet_network ENVIRONMENT: the third number of its addresses.
fleet_network() { fleet_rows | awk -v environment="$1" '$2 == environment && !seen++ { split($4, part, "."); print part[3] }'; }

# fleet_with ENVIRONMENT ROLE: the hosts of that role there.
fleet_with() { fleet_rows | awk -v environment="$1" -v role="$2" '$2 == environment && $3 == role { print $1 }'; }

# fleet_url ENVIRONMENT: where its shop answers: the load balancer, else the first web host.
fleet_url() {
	fleet_rows | awk -v environment="$1" '
		$2 == environment && $3 == "lb" { url = $4 }
		$2 == environment && $3 == "web" && !web { web = $4 }
		END { if (!url) url = web; if (!url) exit 1; print "http://" url }' || die "no shop in '$1'"
}

# fleet_select [HOST|ENVIRONMENT...]: the hosts meant, in the order of the table; those outside are always among them.
fleet_select() {
	local wanted

	for wanted in "$@"; do
		fleet_rows | awk -v name="$wanted" '$1 == name || $2 == name { found = 1 } END { exit !found }' ||
			die "no host or environment '$wanted'; there are: $(fleet_hosts | tr '\n' ' ')$(fleet_environments | tr '\n' ' ')"
	done
	fleet_rows | awk -v names=" $* " '
		names == "  " || $2 == "outside" || index(names, " " $1 " ") || index(names, " " $2 " ") { print $1 }'
}

role_services() { cat "$HERE/roles/$1/services"; }
role_packages() { cat "$HERE/roles/$1/packages" 2>/dev/null || :; }
role_data() { cat "$HERE/roles/$1/data" 2>/dev/null || :; }
roles() { fleet_rows | awk '!seen[$3]++ { print $3 }'; }
