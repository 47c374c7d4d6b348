# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# lab.bash - what the end-to-end tests share: a line of lab hosts, an archive suite of the test's own, questions to hosts.
#
# Each test has a directory, a state and a suite of the lab's archive for itself, and puts the hosts it names back before
# it starts. Runs in the controller's network (tests/e2e/run). PATCHLINE, SCHEMAS, LABDIR and PATCHLINE_LAB come from there.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK http_proxy https_proxy
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8
	SUITE=e2e-${BATS_ROOT_PID:-0}-$RANDOM
	OFFERS=0
	MIRROR=$PATCHLINE_LAB/mount/disk/data/mirror/lab
}

# What rollouts of this test have kept of hosts.
forget_originals() {
	local kept

	for kept in "$PATCHLINE_LAB"/mount/disk/clones/@originals/*/*; do
		[ ! -d "$kept" ] || btrfs -q subvolume delete "$kept" >/dev/null
	done
	rm -rf "$PATCHLINE_LAB"/mount/disk/clones/@originals
}

teardown() {
	local host

	for host in "$PATCHLINE_LAB"/faults/*; do
		[ ! -e "$host" ] || lab fault "${host##*/}" clear
	done
	forget_originals
}

lab() {
	"$LABDIR/$1" "${@:2}"
}

# on HOST COMMAND...: as the host itself says.
on() {
	lab ssh "$@" </dev/null
}

# onto HOST FILE: a copy in its /var/tmp.
onto() {
	cp "$2" "$PATCHLINE_LAB/mount/disk/hosts/$1/var/tmp/"
}

# offer NAME VERSION [OPTION...]: a tiny package (lab/deb) upstream from now on; SUITE says where.
offer() {
	local file

	file=$(lab deb "$@" --output "$BATS_TEST_TMPDIR")
	publish "$SUITE" "$file"
}

# publish SUITE [FILE.deb]: as lab/archive-add, and so that its time differs from all before: http asks by whole seconds.
publish() {
	lab archive-add "$@"
	OFFERS=$((OFFERS + 1))
	touch -d "@$((EPOCHSECONDS - 1000 + OFFERS))" "$MIRROR/dists/$1/InRelease"
}

group() {
	local role=$1 host number

	shift
	printf '      - name: %s\n        hosts:\n' "$role"
	for host; do
		number=$(awk -v host="$host" '$1 == host { print $4 }' "$LABDIR/hosts")
		printf '          - {name: %s, address: %s}\n' "$host" "$number"
	done
	[ "$role" != web ] || printf '        %s\n' 'services: [nginx, php8.2-fpm]' 'canary: 1' 'wave: 50%' \
		'failure-budget: 0'
}

# write_line ENVIRONMENT:HOST,HOST...: a configuration of these environments, each with a gate that asks for the test
# "agrees", and the lab's archive as the one source.
write_line() {
	local word

	{
		printf 'state: %s/state\nsources:\n' "$PWD"
		printf '  - {name: lab, uri: "http://10.77.0.10/lab", suites: %s, keyring: %s}\n' \
			"$SUITE" "$PATCHLINE_LAB/lab-archive.gpg"
		printf 'platforms:\n  - {name: debian-12-amd64, sources: [lab]}\n'
		sed -n '/^ssh:/,/^environments:/p' "$PATCHLINE_LAB/patchline.yaml"
		for word; do
			printf '  - name: %s\n    groups:\n' "${word%%:*}"
			# shellcheck disable=SC2046
			group web $(tr , ' ' <<<"${word#*:}")
			[ "$word" = "${!#}" ] || printf '    gate: {tests: [agrees], approvals: 0}\n'
		done
		printf 'tests:\n  - {name: agrees, command: [/bin/true]}\n'
	} >patchline.yaml
}

# answers FILTER WANTED: so the last answer says, in compact JSON.
answers() {
	local said

	said=$(jq -c "$1" <<<"$output")
	[ "$said" = "$2" ] || {
		printf '%s is %s, not %s in:\n%s\n' "$1" "$said" "$2" "$output"
		return 1
	}
}

# begin ENVIRONMENT:HOST,HOST...: these hosts as they were first, and a line of them.
begin() {
	write_line "$@"
	# shellcheck disable=SC2046
	lab revert $(printf '%s\n' "${@#*:}" | tr , '\n')
	run_cli 0 scan
}

# freeze [OPTION...]: release 2.2 with all that the suite offers; sets SET and CANDIDATE.
freeze() {
	run_cli 0 freeze 2.2 --json "$@"
	fits freeze
	SET=$(jq -r .set <<<"$output")
	CANDIDATE=$(jq -r .candidate <<<"$output")
}

# frozen: what the last freeze sealed, "name version" each.
frozen() {
	jq -r '.packages[] | .name + " " + .version' <<<"$output"
}

# version HOST PACKAGE: as dpkg on that host says; nothing when it is not installed.
version() {
	# shellcheck disable=SC2016
	on "$1" "dpkg-query -W -f '\${db:Status-Abbrev}\${Version}\n' $2 2>/dev/null" | sed -n 's/^[hi]i //p'
}

# is_at HOST PACKAGE VERSION
is_at() {
	local now

	now=$(version "$1" "$2")
	[ "$now" = "$3" ] || {
		printf '%s on %s is "%s", not "%s"\n' "$2" "$1" "$now" "$3"
		return 1
	}
}

# upgrades HOST PACKAGE: how many times dpkg's log says that it was upgraded.
upgrades() {
	on "$1" "grep -c ' upgrade $2:' /var/log/dpkg.log || :"
}

# is_whole HOST: dpkg has nothing to complain of.
is_whole() {
	[ -z "$(on "$1" dpkg --audit)" ]
}

# board ENVIRONMENT FILTER: one of its lines of the board.
board() {
	run_cli 0 status --json
	fits status
	jq -r --arg name "$1" ".environments[] | select(.environment == \$name) | $2" <<<"$output"
}

# verdict HOST: in the last rollout, and the reason.
verdict() {
	run_cli 0 show "$(last_rollout)" --json
	fits show
	jq -r --arg host "$1" '.hosts[] | select(.host == $host) | .verdict + " " + .reason' <<<"$output"
}

last_rollout() {
	"$PATCHLINE" rollouts --json | jq -r '.[0].id'
}

# wait_until COMMAND...: at most half a minute.
wait_until() {
	local try

	for ((try = 0; try < 150; try++)); do
		! "$@" || return 0
		sleep 0.2
	done
	printf 'never came true: %s\n' "$*"
	return 1
}
