#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A real rollout over two hosts, killed before and after every entry of its journal, and its connections cut after each:
# taken up again, it ends as one that nobody disturbed. MATRIX_EVERY: only each n-th point.

load ../cli/helper
load lab

HOSTS='prod-web1 prod-web2'

# The world before the rollout, in files: ./begin makes it so again, ./check says whether all is as after an undisturbed run.
make_world() {
	begin production:prod-web1,prod-web2
	sed -i 's/canary: 1/canary: 0/; s/wave: 50%/wave: 100%/' patchline.yaml
	offer lab-hello 1.1
	run_cli 0 sync
	freeze
	cp -a state state.begin
	declare -f lab on version upgrades is_at is_whole >functions
	cat >begin <<-'SH'
		. ./functions
		lab revert prod-web1 prod-web2 >/dev/null || exit 1
		rm -rf state && cp -a state.begin state
	SH
	cat >check <<-'SH'
		set -e
		. ./functions
		"$PATCHLINE" verify >/dev/null
		"$PATCHLINE" scan >/dev/null 2>&1
		"$PATCHLINE" hosts --json | jq -c '[.[] | [.name, .state]]' >now
		"$PATCHLINE" status --json | jq -c '[.environments[] | [.environment, .status, .set, .drifted]]' >>now
		cmp now wanted || { cat now wanted; exit 1; }
		for host in prod-web1 prod-web2; do
			[ "$(upgrades $host lab-hello)" = 1 ] || { echo "$host: $(upgrades $host lab-hello) upgrades"; exit 1; }
			is_whole $host
		done
		[ "$("$PATCHLINE" rollouts --json | jq length)" = 1 ]
		[ "$("$PATCHLINE" rollouts --json | jq -r '.[0].state')" = done ]
	SH
	cat >resume <<-'SH'
		"$PATCHLINE" resume || exit 1
		[ "$("$PATCHLINE" rollouts --json | jq -r '.[0].state')" = done ] || "$PATCHLINE" promote 2.2 --to production
	SH
	"$PATCHLINE" promote 2.2 --to production >undisturbed 2>&1
	: >wanted
	bash ./check >/dev/null || mv now wanted
	bash ./check
}

# points: the fewer the more is asked for; all of them by MATRIX_EVERY=1.
every() { echo "${MATRIX_EVERY:-$1}"; }

@test "killed before and after entries of its journal, a rollout ends as if nobody had disturbed it" {
	make_world
	run "$CRASH/run" --every "$(every 31)" --begin 'bash ./begin' \
		--resume 'bash ./resume' \
		--check 'bash ./check' -- "$PATCHLINE" promote 2.2 --to production
	echo "$output"
	[ "$status" = 0 ]
	has "$output" "killed before 1, and continued" "nothing to kill after"
}

# Cut the connections of both hosts after that commit; false when the rollout has no such commit any more.
cut_at() {
	bash ./begin
	rm -f was-cut
	PATCHLINE_CUT='touch was-cut; for host in prod-web1 prod-web2; do
		"$LABDIR/ssh" $host "pkill -KILL -f ^sshd:.root@" </dev/null >/dev/null 2>&1; done; true' \
	PATCHLINE_CRASH=cut:$1 LD_PRELOAD=$LIBCRASH "$PATCHLINE" promote 2.2 --to production >cut.log 2>&1 || :
	[ -e was-cut ]
}

# bats test_tags=long
@test "its connections cut after entries of its journal, a rollout ends as if nobody had disturbed it" {
	local point

	make_world
	for ((point = 1; ; point += $(every 9))); do
		cut_at "$point" || break
		if ! "$PATCHLINE" rollouts --json | jq -e '.[0].state == "done"' >/dev/null; then
			"$PATCHLINE" retry rollout-1 >>cut.log 2>&1 || "$PATCHLINE" promote 2.2 --to production >>cut.log 2>&1
		fi
		bash ./check || {
			echo "cut at $point:"
			cat cut.log
			return 1
		}
	done
	echo "cut at $point points" >&3
	[ "$point" -gt 20 ]
}
