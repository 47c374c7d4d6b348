# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# network.sh - a bridge for every environment, a network namespace for every host, and the controller's in all of them.
#
# No network has a way out. Hosts reach those `outside` (mirror, world) through the controller's namespace, and no other
# environment.

network_file() { echo "/run/netns/$1"; }
network_in() { nsenter --net="$(network_file "$1")" -- "${@:2}"; }

network_add() {
	[ ! -e "$(network_file "$1")" ] || ip netns del "$1"
	ip netns add "$1"
	ip -n "$1" link set lo up
}

# network_controller: made first; every switch plugs into it.
network_controller() {
	mkdir -p /run/netns
	mountpoint -q /run/netns || : >"$LAB/netns-mounted"
	! network_ends_with lab-ctl 'blackhole 10.77.0.0/16' || return 0
	network_add lab-ctl
	network_in lab-ctl sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
	ip -n lab-ctl route add blackhole 10.77.0.0/16
}

# network_ends_with NAMESPACE ROUTE: the last thing its making does is there.
network_ends_with() { grep -q "^$2" <<<"$(ip -n "$1" route show 2>/dev/null || :)"; }

# network_switch ENVIRONMENT
network_switch() {
	local environment=$1 switch=lab-switch-$1 number

	number=$(fleet_network "$environment")
	if [ -e "$(network_file "$switch")" ] && network_ends_with lab-ctl "10.77.$number.0/24"; then
		return
	fi
	network_add "$switch"
	# bridged frames are no business of a packet filter
	network_in "$switch" sh -c 'f=/proc/sys/net/bridge/bridge-nf-call-iptables; [ ! -e $f ] || echo 0 >$f'
	ip -n lab-ctl link del "$environment" 2>/dev/null || : # goes late with a namespace that ended just now
	ip -n "$switch" link add br0 type bridge
	ip -n "$switch" link set br0 up
	ip -n "$switch" link add ctl type veth peer name "$environment" netns lab-ctl
	ip -n "$switch" link set ctl master br0 up
	ip -n lab-ctl link set "$environment" up
	ip -n lab-ctl address add "10.77.$number.1/24" dev "$environment"
}

# network_host HOST
network_host() {
	local host=$1 space=lab-$1 environment switch number reach=10.77.0.0/24

	environment=$(fleet_environment "$host")
	switch=lab-switch-$environment
	number=$(fleet_network "$environment")
	[ "$number" != 0 ] || reach=10.77.0.0/16
	! network_ends_with "$space" "$reach via" || return 0
	network_add "$space"
	ip -n "$switch" link del "$host" 2>/dev/null || :
	ip -n "$switch" link add "$host" type veth peer name eth0 netns "$space"
	ip -n "$switch" link set "$host" master br0 up
	ip -n "$space" link set eth0 up
	ip -n "$space" address add "$(fleet_address "$host")/24" dev eth0
	ip -n "$space" route add "$reach" via "10.77.$number.1"
}

# network_plug HOST up|down: its cable.
network_plug() { ip -n "lab-switch-$(fleet_environment "$1")" link set "$1" "$2"; }

# Every namespace of the lab that exists.
network_spaces() {
	local file

	for file in /run/netns/lab-*; do
		[ ! -e "$file" ] || echo "${file##*/}"
	done
}

network_down() {
	local space

	for space in $(network_spaces); do
		ip netns del "$space"
	done
	[ -e "$LAB/netns-mounted" ] || return 0
	[ -n "$(ls /run/netns)" ] || ! mountpoint -q /run/netns || umount /run/netns
	rm -f "$LAB/netns-mounted"
}
