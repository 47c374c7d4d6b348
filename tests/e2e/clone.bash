# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# clone.bash - what the end-to-end tests of clones share: the whole shop or a single host of it that can be cloned, a customer
# who orders meanwhile, and what a clone may never leave behind. Loaded after lab.bash.

SHOP='prod-db1 prod-web1 prod-web2 prod-lb1'
CLONE=production/clone-1

# Clones of a test that failed are not there for the next one.
teardown() {
	local clone host process

	for process in ${CUSTOMER-} ${LISTENER-}; do
		kill -TERM "$process" 2>/dev/null || :
	done
	rm -f "$PATCHLINE_LAB/mount/disk/ballast"
	for host in "$PATCHLINE_LAB"/faults/*; do
		[ ! -e "$host" ] || lab fault "${host##*/}" clear
	done
	forget_originals
	[ -n "$(traces)" ] || return 0
	"$PATCHLINE" rollback production --yes >/dev/null 2>&1 || :
	for clone in $("$PATCHLINE" clones --json | jq -r '.[].name'); do
		"$PATCHLINE" clone remove "$clone" --yes || :
	done
	"$PATCHLINE" clone remove --orphaned --yes || :
}

# Everything that is there for clones on this machine. What rollouts keep of originals, to go back to, is none of it.
traces() {
	local tree

	find /run/netns -name 'lab-*@*'
	find "$PATCHLINE_LAB/mount/disk/clones" -mindepth 1 -maxdepth 2 -not -path '*/@originals*'
	grep -o "$PATCHLINE_LAB/mount/disk/clones/[^ ]*" /proc/mounts || :
	for tree in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
		[ ! -d "$tree/patchline-lab/clones" ] || find "$tree/patchline-lab/clones" -mindepth 1 -type d
	done
	ip -o link show | grep -o 'fence[^@:]*' || :
	nft list tables | grep fence || :
	losetup -n -O BACK-FILE | grep /clones/ || :
}

nothing_left() {
	local left

	left=$(traces)
	[ -z "$left" ] || {
		printf 'left behind:\n%s\n' "$left"
		return 1
	}
}

# The lab's own production, with the suite as its one source.
write_shop() {
	sed -e "s|^state: .*|state: $PWD/state|" -e "s/suites: \[stable\]/suites: [$SUITE]/" -e 's/sources: \[.*/sources: [lab]/' \
		-e '/name: debian$/,/valid-until/d' -e '/name: debian-security$/,/valid-until/d' \
		-e '/name: development$/,/name: production$/{/name: production$/!d}' "$PATCHLINE_LAB/patchline.yaml" >patchline.yaml
}

# begin_shop: the whole shop as it was first, and nothing yet paid or mailed.
begin_shop() {
	write_shop
	# shellcheck disable=SC2086
	lab revert $SHOP world
	run_cli 0 deployed 2.1 --to production
	run_cli 0 scan
}

# write_single HOST,HOST...: these web hosts as all of production, no people in it, cloned in a moment.
write_single() {
	write_line "production:$1"
	sed -n '/^providers:/,/^ssh:/{/^ssh:/!p}' "$PATCHLINE_LAB/patchline.yaml" >>patchline.yaml
	sed -i '/^tests:/i \    clone: {provider: btrfs, gate: {tests: [agrees], approvals: 1}}' patchline.yaml
	sed -i '/^        services:/i \        release-check: cat /srv/shop/RELEASE\n        files: [/etc/nginx, /etc/shop]' patchline.yaml
}

begin_single() {
	write_single "$1"
	# shellcheck disable=SC2046
	lab revert $(tr , ' ' <<<"$1")
	run_cli 0 deployed 2.1 --to production
	run_cli 0 scan
}

# A customer orders from now on; customer_leaves: until now, and every acknowledged order is there exactly once.
customer_comes() {
	"$LABDIR/client" production "$PWD/orders" 3>&- &
	CUSTOMER=$!
	wait_until ordered 3
}

ordered() { [ "$(grep -cs ' ok ' orders)" -ge "$1" ] 2>/dev/null; }

customer_leaves() {
	kill -TERM "$CUSTOMER"
	wait "$CUSTOMER" || :
	CUSTOMER=
	lab client --verify production orders
}

none_failed() { ! grep ' failed ' orders; }

# in_clone HOST COMMAND: sh on a host of the clone.
in_clone() { "$PATCHLINE" enter "$CLONE" "$1" -- "$2" </dev/null; }

# sql HOST|clone STATEMENT: the shop's database there.
sql() {
	local ask="cd / && runuser -u postgres -- psql -qAt shop -c \"$2\""

	if [ "$1" = clone ]; then in_clone prod-db1 "$ask"; else on "$1" "$ask"; fi
}

# changed FILTER WANTED: of the clone, as `show` says.
clone_is() {
	run_cli 0 show "$CLONE" --json
	answers "$1" "$2"
}

# rehearse OPTION...: production, up to the question for approval; sets CANDIDATE and CLONE.
rehearse() {
	run_cli 0 rehearse production --json "$@"
	fits rehearse
	CANDIDATE=$(jq -r .candidate <<<"$output")
	CLONE=$(jq -r .clone <<<"$output")
	[ "$(jq -r .state <<<"$output")" = waiting ]
}

# killed_when COMMAND... -- WORD...: patchline with these words, killed as soon as the command is true. Had it ended before,
# there would be nothing to learn.
killed_when() {
	local when=()

	while [ "$1" != -- ]; do
		when+=("$1")
		shift
	done
	"$PATCHLINE" "${@:2}" >said 2>&1 3>&- &
	wait_until "${when[@]}"
	kill -KILL $! || {
		cat said
		return 1
	}
	wait $! || :
}

# has_action ACTION: the clone's journal has it.
has_action() {
	[ "$("$PATCHLINE" show "$CLONE" --json 2>/dev/null | jq --arg action "$1" 'any(.journal[]; .action == $action)')" = true ]
}
