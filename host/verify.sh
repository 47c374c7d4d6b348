#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify.sh - prove what this host is: findings about the order, then the inventory of the same moment.
#
# Standard input: the order. Changes nothing, but runs the health commands that the order names.
set -u
LC_ALL=C
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH

. ./lib/finding.sh
. ./lib/order.sh
. ./lib/plan.sh
. ./lib/facts.sh
. ./lib/kept.sh
. ./lib/service.sh
. ./lib/boot.sh
. ./lib/effect.sh
. ./lib/updaters.sh
. ./lib/database.sh
. ./packages/any/state.sh
. ./packages/any/plan.sh

check_versions() {
	differing=$(plan_differing)
	[ -z "$differing" ] || finding versions error "$differing" "see the log of apply; 'patchline status' says how it goes on"
}

# before_deadline COMMAND... - try it again and again until it succeeds or the patience of the order is over.
before_deadline() {
	until "$@"; do
		[ "$(date +%s)" -lt "$deadline" ] || return 1
		sleep 0.2
	done
}

# True unless the unit is still on its way to being active.
is_settled() {
	state=$(service_state "$1")
	case $state in
	activating | reloading) return 1 ;;
	esac
}

check_services() {
	order_lines service | while read -r unit; do
		before_deadline is_settled "$unit"
		[ "$state" = active ] || finding service error "$unit is $state" "see: $(service_journal "$unit")"
	done
}

# What a policy was to see to and did not is an error; what people must see to is a warning.
severity_of() {
	case $1 in
	never | '') echo warning ;;
	*) echo error ;;
	esac
}

check_restarted() {
	stale_units | while read -r unit pid path; do
		severity=warning
		choice=$(restart_choice "$unit")
		case $choice in
		reload)
			severity=$(severity_of "$(order_value restart)")
			choice="an old process of it serves its last connections: let them end, or systemctl restart $unit"
			;;
		restart | reexec)
			severity=$(severity_of "$(order_value restart)")
			choice="restart $unit, see why it was not: $(service_journal "$unit")"
			;;
		esac
		finding effect "$severity" "$unit (process $pid) still runs on the replaced $path" "$choice"
	done
	stale_sessions | while read -r whose since unit pid path; do
		finding effect warning "$(session_words "$whose" "$since" "$unit") runs on the old $path until it ends (process $pid of $unit)"
	done
}

check_rebooted() {
	reasons=$(reboot_due | tr '\n' ' ')
	[ -z "$reasons" ] || finding effect "$(severity_of "$(order_value reboot)")" \
		"a reboot is due for: ${reasons% }; it runs $(uname -r)" \
		"reboot it; if it just was, see what its boot loader starts"
	if [ "$(order_value reboot)" = always ] && boot_was_changed; then
		finding effect error "packages were changed in this boot, and the policy is to reboot then" "reboot it"
	fi
}

# Of the packages of the plan alone: what others left is a fact of the host.
check_kept() {
	names=$(order_changes | awk '$1 == "upgrade" || $1 == "downgrade" { print $2 }')
	[ -n "$names" ] || return 0
	# shellcheck disable=SC2086 # a word each
	configuration=$(packages_configuration $names)
	kept_files | while IFS= read -r new; do
		printf '%s\n' "$configuration" | grep -Fqx -e "$(kept_old "$new")" || continue
		finding configuration warning "$(kept_words "$new")" "$(kept_difference "$new")"
	done
}

# What was held off while it was patched is put back before this.
check_updaters() {
	held=$(updaters_held | tr '\n' ' ')
	[ -z "$held" ] || finding updaters error "still held off: ${held% }" \
		"'patchline status' says how it goes on; by hand: rm $(updaters_condition NAME), systemctl daemon-reload, systemctl start NAME"
}

is_healthy() {
	answer=$(timeout "$patience" sh -c "$1" 2>&1 </dev/null)
	status=$?
	return $status
}

check_health() {
	order_lines health | while IFS= read -r health; do
		before_deadline is_healthy "$health" || finding health error \
			"'$health' ended with $status: $(printf '%s\n' "$answer" | tail -n 5 | head -c 2000)"
	done
}

order_read || exit 1
patience=$(order_value patience)
deadline=$(($(date +%s) + patience))
check_versions
check_database
check_restarted
check_rebooted
check_kept
check_updaters
check_services
check_health
findings_end
inventory "$(order_value release-check)"
