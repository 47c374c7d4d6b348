# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# simulated.bash - hosts that are not there (tests/bench/sim_host.c), reached by a command, with two packages to patch.
# SIM_HOST comes from Meson. load archive before.

setup_file() {
	make_archive "$BATS_FILE_TMPDIR/archive"
	(
		cd "$BATS_FILE_TMPDIR" || return 1
		mkdir -p deb/DEBIAN
		for name in pkg-001 pkg-002; do
			for version in 1.0-1 1.1-1; do
				printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: N <n@example.org>\nDescription: made up\n' \
					"$name" "$version" >deb/DEBIAN/control
				dpkg-deb --root-owner-group -b deb "archive/pool/${name}_${version}_amd64.deb" >/dev/null
			done
		done
		index_archive archive
		gpgconf --homedir archive/gnupg --kill all
	)
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	unset PATCHLINE_CONFIG SSH_AUTH_SOCK
	export HOME=$BATS_TEST_TMPDIR LC_ALL=C.UTF-8 SIM_APPLY_MS=1 SIM_ANSWER_MS=1 SIM_RESTART_MS=1 SIM_PACKAGES=60
	mkdir hosts
	: >hosts/log
}

# What a test left running ends by itself once its gates are open.
teardown() {
	rm -f hosts/*/gate-* blocked-*
	[ -z "${DRIVER-}" ] || kill -KILL "$DRIVER" 2>/dev/null || :
}

# fleet KEYS HOST...: an environment "sim" of one group with these keys, all of it known, and 1.0 frozen for it.
fleet() {
	local host

	for host in "${@:2}"; do
		mkdir -p "hosts/$host"
	done
	cat >patchline.yaml <<-YAML
		state: state
		sources:
		  - {name: tiny, uri: "file://$BATS_FILE_TMPDIR/archive", suites: bookworm, keyring: $BATS_FILE_TMPDIR/archive/k.gpg}
		platforms:
		  - {name: debian-12-amd64, sources: [tiny]}
		ssh: {command: [$SIM_HOST, $PWD/hosts, "{host}"]}
		environments:
		  - name: sim
		    groups:
		      - {name: web, hosts: [$(printf '%s, ' "${@:2}" | sed 's/, $//')], $1}
	YAML
	{ "$PATCHLINE" sync && "$PATCHLINE" scan && "$PATCHLINE" freeze 1.0; } >fleet.log 2>&1 || {
		cat fleet.log
		return 1
	}
}

# Load leaves hosts by a line in the file load; a host whose file blocked-HOST is there keeps the driver waiting.
LOAD='drain: {driver: command, out: "'\
'echo out $PATCHLINE_HOST >>load; while [ -e blocked-$PATCHLINE_HOST ]; do sleep 0.02; done", in: "echo in $PATCHLINE_HOST >>load"}'

# wait_until COMMAND...: a minute at most.
wait_until() {
	local until=$((SECONDS + 60))

	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || {
			echo "never: $*"
			cat first hosts/log
			return 1
		}
		sleep 0.05
	done
}

# begun HOST STEP: the host is at it, "apply-1" of the first rollout, or was.
begun() { grep -q " $1 step rollout-1-[0-9a-f]*.$2 " hosts/log; }
ended() { [ -n "$(find "hosts/$1" -name "status-rollout-1-*.$2" -size +0)" ]; }
drained() { grep -qx "out $1" load; }

# steps HOST: the steps that were started on it, in their order, without the id of the installation.
steps() { awk -v host="$1" '$2 == host && $3 == "step" { print $4 }' hosts/log | sed 's/-[0-9a-f]*[.]/./' | paste -sd ' '; }

# drive WORD...: patchline with these words, beside the test.
drive() {
	"$PATCHLINE" "$@" >first 2>&1 3>&- &
	DRIVER=$!
}

# ends STATUS: what was driven.
ends() {
	local status=0

	wait "$DRIVER" || status=$?
	DRIVER=
	[ "$status" = "$1" ] || {
		cat first
		return 1
	}
}

killed() {
	kill -KILL "$DRIVER"
	wait "$DRIVER" 2>/dev/null || :
	DRIVER=
}

# rollout FILTER: of rollout-1
rollout() { "$PATCHLINE" show "${ROLLOUT:-rollout-1}" --json | jq -c "$1"; }
verdicts() { rollout '[.hosts[].verdict]'; }
state_of() { rollout "[.steps[] | select(.host == \"$1\" and .step == \"$2\") | .state]"; }
board() { "$PATCHLINE" status --json | jq -r ".environments[0].$1"; }
# owed: "HOST DEBT" of each, one behind the other
owed() { "$PATCHLINE" show sim --json | jq -r '.owed[] | .host + " " + .debt' | paste -sd , ; }
