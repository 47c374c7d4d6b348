# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# domain.sh - virtual machines as libvirt knows them: their definition, their disks, and whether they run.

domain_virsh() { virsh -q -c "$(option uri qemu:///system)" "$@"; }

# domain_connect: fails as `unreachable` when libvirt does not answer.
domain_connect() { domain_virsh version >/dev/null || fail unreachable '' "libvirt does not answer at $(option uri qemu:///system)"; }

# domain_of HOST: the name of the original's domain.
domain_of() {
	local pattern

	pattern=$(option domain '{host}')
	echo "${pattern//'{host}'/$1}"
}

domain_is() { grep -qxF -- "$1" <<<"$(domain_virsh list --all --name)"; }
domain_must_be() { domain_is "$(domain_of "$1")" || fail not-found "$1" "libvirt has no domain '$(domain_of "$1")'"; }

# "running", "paused", "shut off" ...
domain_state() { domain_virsh domstate "$1" 2>/dev/null; }
domain_is_off() { case $(domain_state "$1") in 'shut off' | crashed | '') ;; *) return 1 ;; esac; }

# domain_facts DOMAIN: lines of domain-facts.xsl.
domain_facts() { domain_virsh dumpxml --inactive "$1" | xsltproc --nonet "$PROVIDER_LIB/domain-facts.xsl" -; }

# domain_disks DOMAIN: TARGET KIND FORMAT SHARED SOURCE a line. What `--inactive` says of a source lags behind an overlay that is in use.
domain_disks() { domain_facts "$1" | sed -n 's/^disk\t//p'; }

# domain_source DOMAIN TARGET: what it writes to now.
domain_source() { domain_virsh domblklist "$1" | sed -nE "s/^ *$2 +(.*)\$/\\1/p"; }

# domain_agent DOMAIN COMMAND: what the agent inside answers; fails when there is none.
domain_agent() { domain_virsh qemu-agent-command --timeout 5 "$1" "{\"execute\":\"$2\"}" 2>/dev/null; }
domain_has_agent() { domain_agent "$1" guest-ping >/dev/null; }

# domain_stop DOMAIN TIMEOUT_MS: orderly, and hard past the limit.
domain_stop() {
	! domain_is_off "$1" || return 0
	[ "$(domain_state "$1")" != paused ] || domain_virsh resume "$1" >/dev/null || :
	domain_virsh shutdown "$1" >/dev/null 2>&1 || :
	await $(($2 / 1000)) domain_is_off "$1" || {
		progress "$1: did not stop in time; its power goes"
		domain_virsh destroy "$1" >/dev/null || domain_is_off "$1"
	}
}

# ---- disks at one moment ----

# How files are called that an original writes to while its disks are copied.
DOMAIN_ASIDE=.patchline-aside

# domain_part DOMAIN: a running machine writes aside from now on; what its disks held at this moment stands still.
domain_part() {
	local words=(snapshot-create-as "$1" patchline --disk-only --atomic --no-metadata) target kind source rest

	! domain_is_off "$1" || return 0
	! domain_has_agent "$1" || words+=(--quiesce)
	while IFS=$'\t' read -r target kind rest; do
		source=$(domain_source "$1" "$target")
		[ "$kind" = file ] || source=$(copy_clones)/@aside/$1-$target
		words+=(--diskspec "$target,snapshot=external,file=$source$DOMAIN_ASIDE")
	done < <(domain_disks "$1")
	mkdir -p "$(copy_clones)/@aside"
	domain_virsh "${words[@]}" >/dev/null
}

# domain_join DOMAIN: what was written aside goes back where it belongs; fine when nothing was. Also after a kill.
domain_join() {
	local target kind rest aside base

	while IFS=$'\t' read -r target kind rest; do
		aside=$(domain_source "$1" "$target")
		[[ $aside == *"$DOMAIN_ASIDE" ]] || continue
		base=$(qemu-img info -U --output=json "$aside" | jq -r '."full-backing-filename" // ."backing-filename"')
		if domain_is_off "$1"; then
			domain_join_off "$1" "$target" "$aside" "$base"
		else
			domain_virsh blockcommit "$1" "$target" --base "$base" --top "$aside" --active --pivot --wait >/dev/null
		fi || fail system '' "what '$1' wrote to $aside cannot be put back into $base yet; ask again"
		rm -f -- "$aside"
	done < <(domain_disks "$1")
}

# The machine stopped meanwhile.
domain_join_off() {
	mkdir -p "$(copy_clones)/@aside" || return 1
	qemu-img commit -q -- "$3" || return 1
	domain_virsh dumpxml --inactive "$1" | FROM=$3 TO=$4 awk '{
		at = index($0, ENVIRON["FROM"])
		print at ? substr($0, 1, at - 1) ENVIRON["TO"] substr($0, at + length(ENVIRON["FROM"])) : $0
	}' >"$(copy_clones)/@aside/$1.xml" || return 1
	domain_virsh define "$(copy_clones)/@aside/$1.xml" >/dev/null || return 1
	rm -f "$(copy_clones)/@aside/$1.xml"
}
