# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# config.sh - the patchline.yaml of this lab.

config_write() {
	{
		config_head
		config_environments
		config_tests
	} >"$LAB/patchline.yaml.new"
	mv "$LAB/patchline.yaml.new" "$LAB/patchline.yaml"
}

# config_source NAME FOLDER SUITES KEYRING
config_source() {
	cat <<-YAML
		  - name: $1
		    type: apt
		    uri: http://$(fleet_address mirror)/$2
		    suites: [$3]
		    components: [main]
		    architectures: [amd64]
		    keyring: $4
		    valid-until: ignore
	YAML
}

config_head() {
	cat <<-YAML
		# Written by lab/up: the lab as Patchline sees it.
		state: $LAB/patchline
		sources:
	YAML
	config_source debian debian 'bookworm, bookworm-updates' "$ARCHIVE_KEYRING"
	config_source debian-security debian-security bookworm-security "$ARCHIVE_KEYRING"
	config_source lab lab stable "$LAB_KEYRING"
	cat <<-YAML
		platforms:
		  - name: debian-12-amd64
		    sources: [debian, debian-security, lab]
		providers:
		  - name: btrfs
		    command: [${HERE%/*}/providers/btrfs]
		    options:
		      hosts: $ROOT/hosts
		      data: $ROOT/data
		      clones: $ROOT/clones
		      cgroup: $GROUP/{host}
		      clone-cgroup: $GROUP/clones
		      names: lab-
		      start: $HERE/power on {host}
		      stop: $HERE/power off {host}
		ssh:
		  user: root
		  config: $KEYS/config
		  known-hosts: $KEYS/known_hosts
		  identities: [$KEYS/id_ed25519]
		  connect-timeout: 5s
		  parallel: 10
	YAML
}

config_environments() {
	local environment role

	echo 'environments:'
	for environment in $(fleet_environments); do
		printf '  - name: %s\n    groups:\n' "$environment"
		for role in db web lb; do
			[ -z "$(fleet_with "$environment" "$role")" ] || config_group "$environment" "$role"
		done
		config_gate "$environment"
		config_clone "$environment"
	done
}

config_group() {
	local host

	printf '      - name: %s\n        hosts:\n' "$2"
	for host in $(fleet_with "$1" "$2"); do
		printf '          - name: %s\n            address: %s\n' "$host" "$(fleet_address "$host")"
	done
	printf '        services: [%s]\n' "$(role_services "$2" | paste -sd, | sed 's/,/, /g')"
	sed "s|ROLE/|$HERE/roles/$2/|; s/^/        /" "$HERE/roles/$2/group.yaml"
	[ "$2" != web ] || config_drain "$1"
}

# Where a load balancer stands before the web hosts, it is told before one of them is touched.
config_drain() {
	local balancer

	balancer=$(fleet_with "$1" lb | head -n 1)
	[ -n "$balancer" ] || return 0
	cat <<-YAML
		        min-healthy: 1
		        drain:
		          driver: haproxy
		          on: [$balancer]
		          backend: web
		          server: "{address}"
	YAML
}

# What an environment demands before a candidate may leave it: more, the nearer production is.
config_gate() {
	local approvals=1 soak=0s

	case $1 in
	development) approvals=0 ;;
	beta) soak=5s ;;
	production) return ;;
	esac
	cat <<-YAML
		    gate:
		      tests: [smoke, checkout]
		      approvals: $approvals
		      soak: $soak
	YAML
}

# Production alone has people in its database, and is copied.
config_clone() {
	[ "$1" = production ] || return 0
	cat <<-YAML
		    personal-data: true
		    clone:
		      provider: btrfs
		      expires: 3d
		      gate:
		        tests: [smoke, checkout]
		        approvals: 1
		      fence:
		        sink:
		          - {port: 25, as: smtp}
		          - {port: 80, as: http}
	YAML
}

config_tests() {
	cat <<-YAML
		tests:
		  - name: smoke
		    command: [$HERE/shop/tests/smoke]
		    format: tap
		    timeout: 2m
		  - name: checkout
		    command: [$HERE/shop/tests/checkout]
		    format: junit
		    timeout: 2m
	YAML
}
