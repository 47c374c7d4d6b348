#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# A clone of more hosts than a fence has addresses for is refused before anything of it is made.

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	mkdir hosts
}

# ask PROVIDER OPERATION COUNT: its answer.
ask() {
	jq -cn --arg op "$2" --arg here "$PWD" --argjson count "$3" '{id: 1, op: $op, clone: "crowd",
		hosts: [range($count) | {name: "h\(.)", address: "10.0.\(. / 250 | floor).\(. % 250 + 1)", port: 22, user: "root",
			group: "web", data: [], ssh: {config: "", known_hosts: "", identities: [], user: "root"}}],
		options: {hosts: "\($here)/hosts", data: "\($here)/data", state: "\($here)/state", folder: "\($here)/folder",
			uri: "test:///none"}}' | "$PROVIDERS/$1" 2>/dev/null
}

@test "more hosts than a fence has addresses for are refused, by what they are told they would need" {
	local provider op answer

	for provider in btrfs capture libvirt; do
		for op in coverage clone; do
			answer=$(ask $provider $op 252)
			[ "$(jq -r '.error.kind' <<<"$answer")" = refused ] || { echo "$provider $op: $answer"; return 1; }
			[[ $(jq -r .error.message <<<"$answer") = "252 hosts are asked for, and a fence has addresses for 251"* ]]
		done
	done
	[ -z "$(find . -mindepth 1 ! -path ./hosts)" ]
}
