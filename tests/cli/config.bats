#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The configuration: where it is looked for, what is wrong with it, and the starter that init writes.

load helper

@test "without a configuration it says where it looked, and what writes one" {
	rm patchline.yaml
	run_cli 1 hosts
	has "$stderr" "no configuration" "--config" "PATCHLINE_CONFIG" "patchline init"
}

@test "--config wins over the environment, which wins over the directory" {
	sed 's/dev-web1/other1/' patchline.yaml >other.yaml
	sed 's/dev-web1/third1/' patchline.yaml >third.yaml
	PATCHLINE_CONFIG=third.yaml run_cli 0 hosts
	has "$output" third1
	PATCHLINE_CONFIG=third.yaml run_cli 0 hosts --config other.yaml
	has "$output" other1
}

@test "a configuration that is named and not there is an error" {
	run_cli 1 hosts --config nowhere.yaml
	has "$stderr" "nowhere.yaml"
}

@test "what is no file is refused at once: a configuration, a key, a configuration of ssh" {
	mkfifo fifo
	run_cli 2 hosts --config fifo
	has "$stderr" "'fifo' is a FIFO; want a file"
	run_cli 2 hosts --config .
	has "$stderr" "is a directory; want a file"
	local key

	for key in 'identities: [fifo]' 'config: fifo' 'known-hosts: fifo'; do
		sed "s/^ssh: {/&$key, /" patchline.yaml >keyed.yaml
		run_cli 1 scan development --config keyed.yaml
		has "$output" "/fifo' is a FIFO; want a file"
	done
}

@test "an unknown key is named with file, line and the nearest" {
	sed -i 's/^sources:/surces:/' patchline.yaml
	run_cli 2 hosts
	has "$stderr" "patchline.yaml: line 2: unknown key 'surces'" "did you mean 'sources'?"
}

@test "a dangling name is named with file and line" {
	sed -i 's/sources: \[debian\]/sources: [ubuntu]/' patchline.yaml
	run_cli 2 hosts
	has "$stderr" "patchline.yaml: line 5" "ubuntu"
}

@test "what is no YAML is named with line and column" {
	printf 'a: [\n' >patchline.yaml
	run_cli 2 hosts
	has "$stderr" "patchline.yaml: line"
}

@test "an inventory that is missing is named" {
	sed -i 's/hosts: \[{name: dev-web1[^]]*\]/ansible-group: web/' patchline.yaml
	echo 'ansible-inventory: nowhere.json' >>patchline.yaml
	run_cli 1 hosts
	has "$stderr" "nowhere.json"
}

@test "hosts of an Ansible inventory stand where their group does" {
	sed -i 's/hosts: \[{name: dev-web1[^]]*\]/ansible-group: shopweb/' patchline.yaml
	echo 'ansible-inventory: inventory.json' >>patchline.yaml
	cat >inventory.json <<-'JSON'
		{"_meta": {"hostvars": {"dev-web7": {"ansible_host": "127.0.0.7"}}}, "shopweb": {"hosts": ["dev-web7"]}}
	JSON
	run_cli 0 hosts development --json
	fits hosts
	[ "$(jq -r '.[0] | .name, .address' <<<"$output" | paste -sd' ')" = "dev-web7 127.0.0.7" ]
}

@test "init writes a starter that is read without complaint" {
	rm patchline.yaml
	run_cli 0 init
	has "$output" "patchline.yaml" "patchline check"
	sed -i 's,/var/lib/patchline,state,' patchline.yaml
	run_cli 0 hosts --json
	fits hosts
	[ "$(jq length <<<"$output")" -ge 5 ]
}

@test "init never overwrites" {
	local before
	before=$(sha256sum patchline.yaml)
	run_cli 1 init
	has "$stderr" "'patchline.yaml' is there already" "patchline init FILE"
	[ "$before" = "$(sha256sum patchline.yaml)" ]
}

@test "init writes to the file that is named, and with --dry-run to none" {
	run_cli 0 init new.yaml --json
	fits init
	[ "$(jq -r .path <<<"$output")" = new.yaml ]
	[ -s new.yaml ]
	run_cli 0 init other.yaml --dry-run
	[ ! -e other.yaml ]
	[ "$output" = "$(cat new.yaml)" ]
}

@test "init says when it cannot write" {
	run_cli 1 init nowhere/patchline.yaml
	has "$stderr" "nowhere/"
}

@test "the manual has every command and every key of the configuration" {
	run_cli 0 help
	local names keys manual
	names=$(printf '%s\n' "$output" | sed -n 's/^  \([a-z]*\) .*/\1/p')
	run_cli 0 describe manual
	manual=$output
	for name in $names; do
		has "$manual" "\\fB$name\\fR"
	done
	run_cli 0 describe configuration
	keys=$(printf '%s\n' "$output" | grep -c '^\\fB')
	[ "$keys" -ge 40 ]
	has "$output" "environments[].gate.soak" "Default: 0s"
}

@test "the manual pages have no mistakes that man can see" {
	command -v man >/dev/null || skip "man is not installed"
	for page in manual configuration; do
		run_cli 0 describe "$page"
		printf '%s\n' "$output" >page
		[ -z "$(man --warnings=w -E UTF-8 -l -Tutf8 -Z page 2>&1 >/dev/null)" ]
	done
}

@test "the manual pages pass mandoc" {
	command -v mandoc >/dev/null || skip "mandoc is not installed"
	for page in manual configuration; do
		run_cli 0 describe "$page"
		printf '%s\n' "$output" >page
		mandoc -T lint -W warning page
	done
}

@test "the completion knows commands and their options" {
	run_cli 0 describe completion
	eval "$output"
	COMP_WORDS=(patchline rollo)
	COMP_CWORD=1
	_patchline
	[ "${COMPREPLY[*]}" = rollouts ]
	COMP_WORDS=(patchline rollouts --l)
	COMP_CWORD=2
	_patchline
	[ "${COMPREPLY[*]}" = --limit ]
}
