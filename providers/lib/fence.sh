# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# fence.sh - the network that copies are in, and what may leave it.
#
# One namespace for the gateway: a bridge into which every copy's cable goes, the addresses of the gateways that the
# originals use, and a cable to the controller. A copy's namespace has the original's addresses, so two clones and the original
# do not see each other. The gateway answers for every address that is no copy's (proxy ARP), so that a connection to it
# ends there and then: at the sink, or with a refusal. The controller sees each copy in a /24 of its own out of option
# `reach`, mapped address by address.
#
# Namespaces: NAMES CLONE @ for the gateway, NAMES CLONE @ HOST for a copy; no clone's name has an '@'.

fence_space() { echo "$(option names patchline-)$1@${2-}"; }
fence_file() { echo "/run/netns/$(fence_space "$@")"; }
fence_in() { nsenter --net="$(fence_file "$1")" -- "${@:2}"; }
fence_inside() { printf '["%s","--net=%s","--"]\n' "$(command -v nsenter)" "$(fence_file "$1")"; }

# fence_set SPACE [FILE VALUE]...: of /proc/sys/net.
fence_set() {
	# shellcheck disable=SC2016
	nsenter --net="/run/netns/$1" -- sh -ec 'while [ $# -gt 0 ]; do
		if [ -e "/proc/sys/net/$1" ]; then echo "$2" >"/proc/sys/net/$1"; fi
		shift 2
	done' - "${@:2}"
}

# fence_read NETNS-FILE: the network of a running original.
fence_read() {
	local links addresses routes

	links=$(nsenter --net="$1" -- ip -j -d link show)
	addresses=$(nsenter --net="$1" -- ip -4 -j address show)
	routes=$(nsenter --net="$1" -- ip -4 -j route show)
	fence_network "$links" "$addresses" "$routes"
}

# fence_network LINKS ADDRESSES ROUTES [MAIN]: of what ip tells as JSON: {"links":[{"name","mac","mtu","addresses"}],"routes":[{"dst",
# "gateway","dev"}]}. IPv4; links that stand for a cable, and the one with the address MAIN. What is not shaped as ip shapes it
# is left out: a host that tells of itself may lie.
fence_network() {
	jq -cn --argjson links "$1" --argjson addresses "$2" --argjson routes "$3" --arg main "${4-}" '
		def is_address: type == "string" and test("^[0-9]{1,3}([.][0-9]{1,3}){3}$");
		def is_net: type == "string" and test("^(default|[0-9]{1,3}([.][0-9]{1,3}){3}(/[0-9]{1,2})?)$");
		def is_name: type == "string" and test("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$");
		def is_mac: type == "string" and test("^[0-9a-f]{2}(:[0-9a-f]{2}){5}$");
		[$links[] | select(.ifname != "lo" and (.ifname | is_name))
			| select(((.linkinfo.info_kind // "veth") | IN("veth", "vlan", "macvlan", "ipvlan", "bond", "virtio_net"))
				or (.ifname as $name | any($addresses[]; .ifname == $name and any(.addr_info[]; .local == $main))))] as $cables
		| [$cables[] as $cable | $addresses[] | select(.ifname == $cable.ifname)
			| {name: .ifname, mac: (if $cable.address | is_mac then $cable.address else null end),
			mtu: (if ($cable.mtu | type) == "number" then $cable.mtu else 1500 end),
			addresses: [.addr_info[] | select(.scope == "global" and (.local | is_address) and (.prefixlen | type) == "number")
				| "\(.local)/\(.prefixlen)"]}
			| select(.addresses != [])] as $links
		| {links: $links, routes: [$routes[] | select((.dst | is_net) and (.gateway | is_address) and (.dev | IN($links[].name)))
			| {dst, gateway, dev}]}'
}

# fence_assume ADDRESS: the network of an original that cannot be asked.
fence_assume() {
	jq -cn --arg address "$(fence_resolve "$1")" '{links: [{name: "eth0", mac: null, mtu: 1500, addresses: ["\($address)/24"]}], routes: []}'
}

# fence_resolve NAME: as an IPv4 address.
fence_resolve() {
	local address=$1

	[[ $1 =~ ^[0-9]{1,3}(\.[0-9]{1,3}){3}$ ]] || address=$(getent ahostsv4 "$1" | awk 'NR == 1 { print $1 }') || address=
	[ -n "$address" ] || fail refused '' "'$1' has no IPv4 address: give the host one with 'address:'"
	echo "$address"
}

# What is to be there for a clone: of each host its address, the last number of the address out of `reach` that stands for it, its links
# and its routes, a line each; the addresses of copies, each with its gateway, a line each; the gateways.
declare -A PLAN_MAIN=() PLAN_REACH=() PLAN_LINKS=() PLAN_ROUTES=()
PLAN_ADDRESSES='' PLAN_GATEWAYS=''

# fence_plan CLONE: makes the plan. Wants copy_read.
fence_plan() {
	local kind host words main plan mains=() files=()

	for host in "${!COPY_ADDRESS[@]}"; do
		main=$(fence_resolve "${COPY_ADDRESS[$host]}")
		mains+=("$main")
		files+=("$(copy_place "$1")/host/$host.json")
	done
	plan=$(jq -rs "$FENCE_PLAN" "${files[@]}" --args "${mains[@]}")
	while read -r kind host words; do
		case $kind in
		host) PLAN_MAIN[$host]=${words% *} PLAN_REACH[$host]=${words#* } ;;
		link) PLAN_LINKS[$host]+=$words$'\n' ;;
		route) PLAN_ROUTES[$host]+=$words$'\n' ;;
		address) PLAN_ADDRESSES+="$host $words"$'\n' ;;
		gateway) PLAN_GATEWAYS+=$host$'\n' ;;
		esac
	done <<<"$plan"
}

# The plan's lines: its word, and what the word is about. A host's default route comes last, as the mark that all is there.
# shellcheck disable=SC2016
FENCE_PLAN='
	def bare: split("/")[0];
	def first_of: split(".")[:3] + ["1"] | join(".");
	[.[].network.links[].addresses[] | bare] as $addresses
	| [range(length) as $i | .[$i] | .main = $ARGS.positional[$i]] | sort_by(.host)
	| map(.main as $main | [.network.links[].addresses[] | bare] as $own
		| .main = (if $own | index($main) then $main else $own[0] end)
		| .gateways = ([.network.routes[].gateway | select(IN($addresses[]) | not)] | unique)
		| if .gateways == [] then .gateways = [[(.main | first_of), (.main | split(".")[:3] + ["254"] | join("."))][]
			| select(IN($addresses[]) | not)][:1] else . end)
	| (reduce .[] as $host ({}; ([.[]]) as $taken
		| ($host.main | split(".")[3] | tonumber) as $wanted
		| .[$host.host] = ([$wanted, range(1; 252)] | map(select(. > 0 and . < 252 and (IN($taken[]) | not))) | first))) as $reach
	| ([.[].gateways[]] | unique[] | ["gateway", .]),
		(.[] | .host as $host
			| ["host", $host, .main, $reach[$host]],
			(.gateways[0] as $gateway | .network.links[].addresses[] | ["address", bare, $gateway]),
			(.network.links[] | ["link", $host, .name, .mac // "-", .mtu // 1500] + .addresses),
			(.network.routes[] | select(.dst != "default") | ["route", $host, .dst, .gateway, .dev]),
			(([.network.routes[] | select(.dst == "default")] + [{gateway: .gateways[0], dev: .network.links[0].name}])[0]
				| ["route", $host, "default", .gateway, .dev]))
	| join(" ")'

# fence_must_hold: a clone has 251 addresses towards the controller; of a /24 the others are its ends of the cable and no host's.
fence_must_hold() {
	[ ${#HOSTS[@]} -le 251 ] ||
		fail refused '' "${#HOSTS[@]} hosts are asked for, and a fence has addresses for 251: clone a part of them, as an environment of its own"
}

# fence_reach: the first two numbers of option `reach`.
fence_reach() {
	local reach

	reach=$(option reach 10.78.0.0/16)
	[[ $reach =~ ^[0-9]+\.[0-9]+\.0\.0/16$ ]] || fail refused '' "option 'reach' is '$reach': give a /16 such as 10.78.0.0/16"
	echo "${reach%.0.0/16}"
}

# fence_number CLONE: the third number of its addresses as the controller sees them; empty without a cable.
fence_number() {
	ip -n "$(fence_space "$1")" -o -4 address show dev controller 2>/dev/null |
		sed -nE '1s/.* inet [0-9]+\.[0-9]+\.([0-9]+)\..*/\1/p' || :
}

# fence_prefix CLONE: of these addresses.
fence_prefix() { echo "$(fence_reach).$(fence_number "$1")"; }

# The controller's end of a clone's cable.
fence_cable() { echo "fence$(fence_reach | cut -d. -f2)-$1"; }

# The last thing that the making of a fence does is to name its cable.
fence_is_made() { ip -n "$(fence_space "$1")" link show dev controller 2>/dev/null | grep -q 'alias made'; }

# fence_make CLONE: the gateway; nothing passes it until its rules are there.
fence_make() {
	local space

	! fence_is_made "$1" || return 0
	fence_remove "$1"
	space=$(fence_space "$1")
	ip netns add "$space"
	ip -n "$space" -batch - <<-LINKS
		link set lo up
		link add hosts address 02:70:61:74:63:68 type bridge
		link add world type bridge
	LINKS
	# The bridge "hosts" has a fixed address: copies remember it; "world" leads nowhere. Bridged frames are no business of a packet
	# filter; each refusal is told.
	fence_set "$space" bridge/bridge-nf-call-iptables 0 ipv6/conf/all/disable_ipv6 1 ipv4/icmp_ratelimit 0 \
		ipv4/conf/hosts/proxy_arp 1 ipv4/neigh/hosts/proxy_delay 0
	ip -n "$space" -batch - < <(fence_gateway_words)
	fence_plug_controller "$1"
	ip -n "$space" link set controller alias made
}

# The gateway's addresses, and its ways to the copies.
fence_gateway_words() {
	local address gateway

	printf 'link set hosts up\nlink set world up\n'
	while IFS= read -r gateway; do
		echo "address add $gateway/32 dev hosts"
	done <<<"${PLAN_GATEWAYS%$'\n'}"
	while read -r address gateway; do
		echo "route replace $address/32 dev hosts src $gateway"
	done <<<"${PLAN_ADDRESSES%$'\n'}"
	echo 'route add default dev world'
}

# fence_plug_controller CLONE: takes a /24 that the controller has no other use for. Others may look for one at the same time.
fence_plug_controller() {
	local space reach number lock

	space=$(fence_space "$1")
	reach=$(fence_reach)
	exec {lock}</run/lock
	flock -w 20 "$lock" || fail conflict '' "somebody holds /run/lock"
	for ((number = 0; ; number++)); do
		[ $number -lt 256 ] || fail refused '' "all of $(option reach) is taken: remove clones, or give another 'reach'"
		if [ -z "$(ip route show root "$reach.$number.0/24")" ] && fence_plug_number "$space" "$reach" $number; then break; fi
	done
	exec {lock}<&-
}

# fence_plug_number SPACE REACH NUMBER: fails when the cable's name is taken.
fence_plug_number() {
	local cable

	cable=$(fence_cable "$3")
	ip link add "$cable" type veth peer name controller netns "$1" 2>/dev/null || return 1
	ip -batch - <<-HERE
		address add $2.$3.253/32 dev $cable
		link set $cable up
	HERE
	ip -n "$1" -batch - <<-THERE
		address add $2.$3.254/32 dev controller
		link set controller up
		route add $2.$3.253/32 dev controller
	THERE
	ip route add "$2.$3.0/24" dev "$cable" via "$2.$3.254" onlink src "$2.$3.253"
}

# fence_plug CLONE HOST: the namespace of a copy, with the original's addresses. Its default route comes last, as the mark that all is there.
fence_plug() {
	local gateway space link mac mtu addresses port destination via outside='' inside='link set lo up'$'\n' old=''

	gateway=$(fence_space "$1")
	space=$(fence_space "$1" "$2")
	! ip -n "$space" route show default 2>/dev/null | grep -q . || return 0
	[ ! -e "$(fence_file "$1" "$2")" ] || ip netns del "$space"
	ip netns add "$space"
	while read -r link mac mtu addresses; do
		port=$(fence_port "$2" "$link")
		old+="link del $port"$'\n'
		outside+="link add $port mtu $mtu type veth peer name $link netns $space"$'\n'"link set $port master hosts up"$'\n'
		inside+=$(fence_link_words "$link" "$mac" "$mtu" "$addresses")$'\n'
	done <<<"${PLAN_LINKS[$2]%$'\n'}"
	while read -r destination via link; do
		inside+="route replace $destination via $via dev $link onlink"$'\n'
	done <<<"${PLAN_ROUTES[$2]%$'\n'}"
	ip -n "$gateway" -force -batch - <<<"$old" 2>/dev/null || : # goes late with a namespace that ended just now
	ip -n "$gateway" -batch - <<<"$outside"
	ip -n "$space" -batch - <<<"$inside"
}

# fence_link_words LINK MAC MTU ADDRESSES: inside a copy's namespace.
fence_link_words() {
	local address

	echo "link set dev $1 mtu $3"
	[ "$2" = - ] || echo "link set dev $1 address $2"
	echo "link set dev $1 up"
	for address in $4; do
		echo "address add $address dev $1"
	done
}

# fence_port HOST LINK: a name for the switch's end of a cable; 15 characters is all there is.
fence_port() { echo "p$(printf '%s %s' "$@" | sha256sum | cut -c1-12)"; }

# fence_address PREFIX HOST: where the controller reaches it.
fence_address() { echo "$1.${PLAN_REACH[$2]}"; }

# What the request wants of the fence: elements of a set of what is allowed, and its addresses; ports that are answered, and the command
# that answers.
FENCE_ALLOWED='' FENCE_OUT='' FENCE_SUNK='' FENCE_SINK=()

fence_read_request() {
	local words

	mapfile -d '' words < <(request -j 'def word: . + "\u0000"; .fence // {}
		| ([.allow // [] | .[] | "\(.address) . \(.protocol // "tcp") . \(.port)"] | join(", ") | word),
		([.allow // [] | .[].address] | join(" ") | word), ([.sink // [] | .[].port] | join(", ") | word),
		(select((.sink // []) != []) | ((.program // [])[], "--record", .record, (.sink[] | "--listen", "\(.port)=\(.as)")) | word)')
	FENCE_ALLOWED=${words[0]} FENCE_OUT=${words[1]} FENCE_SUNK=${words[2]} FENCE_SINK=("${words[@]:3}")
}

# fence_guard CLONE PREFIX: the rules, all at once; then packets may pass.
fence_guard() {
	local space

	space=$(fence_space "$1")
	fence_rules "$2" | fence_in "$1" nft -f -
	fence_set "$space" ipv4/ip_forward 1
	fence_let_out "$1" "$2"
}

# fence_elements LIST: the elements of a set, if there are any.
fence_elements() { [ -z "$1" ] || echo "elements = { $1 }"; }

# fence_rules PREFIX
fence_rules() {
	local copies reach='' sink='' heard='' host

	copies=$(cut -d' ' -f1 <<<"${PLAN_ADDRESSES%$'\n'}" | sort -u | paste -sd,)
	for host in "${!PLAN_MAIN[@]}"; do
		reach+="${reach:+, }$1.${PLAN_REACH[$host]} : ${PLAN_MAIN[$host]}"
	done
	[ -z "$FENCE_SUNK" ] || sink="tcp dport { $FENCE_SUNK } redirect" heard="iifname \"hosts\" tcp dport { $FENCE_SUNK } accept"
	cat <<-RULES
		table ip fence
		delete table ip fence
		table ip fence {
			set copies { type ipv4_addr; $(fence_elements "$copies"); }
			set allowed { type ipv4_addr . inet_proto . inet_service; $(fence_elements "$FENCE_ALLOWED"); }
			map reach { type ipv4_addr : ipv4_addr; $(fence_elements "$reach"); }

			chain arriving {
				type nat hook prerouting priority dstnat;
				iifname "controller" dnat to ip daddr map @reach
				iifname "hosts" jump elsewhere
			}
			chain departing {
				type nat hook output priority -100;
				oifname != "lo" jump elsewhere
			}
			chain elsewhere {
				ip daddr @copies return
				ip daddr . meta l4proto . th dport @allowed return
				$sink
			}
			chain leaving {
				type nat hook postrouting priority srcnat;
				iifname "controller" oifname "hosts" masquerade
				oifname "controller" masquerade
			}

			chain forward {
				type filter hook forward priority filter; policy drop;
				ct state established,related accept
				iifname "controller" ct status dnat accept
				iifname "hosts" oifname "hosts" ip daddr @copies accept
				iifname "hosts" oifname "controller" ip daddr . meta l4proto . th dport @allowed accept
				goto refuse
			}
			chain input {
				type filter hook input priority filter; policy drop;
				ct state established,related accept
				iifname "lo" accept
				$heard
				iifname "hosts" icmp type echo-request accept
				goto refuse
			}
			chain output {
				type filter hook output priority filter; policy drop;
				ct state established,related accept
				oifname { "lo", "hosts" } accept
				ct status dnat accept
				ip daddr . meta l4proto . th dport @allowed accept
				ip protocol icmp accept
				goto refuse
			}
			chain refuse {
				meta l4proto tcp reject with tcp reset
				meta l4proto udp reject with icmp type port-unreachable
				reject with icmp type admin-prohibited
			}
		}
	RULES
}

# fence_let_out CLONE PREFIX: the way of what is allowed, through the controller's network and under its address.
fence_let_out() {
	local address cable space

	space=$(fence_space "$1")
	cable=$(fence_cable "${2##*.}")
	nft delete table ip "$(fence_table "$cable")" 2>/dev/null || :
	[ -n "$FENCE_ALLOWED" ] || return 0
	[ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ] ||
		fail refused '' "the fence lets something out, but this machine forwards nothing: sysctl -w net.ipv4.ip_forward=1"
	for address in $FENCE_OUT; do
		! grep -qwF "$address" <<<"$PLAN_GATEWAYS$PLAN_ADDRESSES" ||
			fail refused '' "the fence cannot let out to $address: that is an address inside of it"
		ip -n "$space" route replace "$address/32" via "$2.253" dev controller onlink src "$2.254"
	done
	nft -f - <<-RULES
		table ip $(fence_table "$cable") {
			chain forward {
				type filter hook forward priority filter - 1;
				iifname "$cable" ct state new ip daddr . meta l4proto . th dport != { $FENCE_ALLOWED } reject
			}
			chain leaving {
				type nat hook postrouting priority srcnat;
				ip saddr $2.0/24 oifname != "$cable" masquerade
			}
		}
	RULES
}

fence_table() { echo "patchline_${1//-/_}"; }

# fence_sink CLONE: the program that answers what goes nowhere; started anew when it is to answer otherwise.
fence_sink() {
	local cgroup log words=("${FENCE_SINK[@]}") place

	place=$(copy_place "$1")
	cgroup=$(machine_cgroup "$1" @sink)
	log=$place/log/sink.log
	if [ "${words[*]}" = "$(cat "$place/sink" 2>/dev/null)" ] && ! cgroup_is_empty "$cgroup"; then return; fi
	fence_sink_stop "$1"
	[ ${#words[@]} -gt 0 ] || return 0
	[ "${words[0]}" != --record ] || fail refused '' "the fence has a sink and no 'program' for it"
	mkdir -p "$place/log"
	(
		cgroup_enter "$cgroup" "$BASHPID"
		close_files
		exec setsid nsenter --net="$(fence_file "$1")" -- "${words[@]}"
	) </dev/null >>"$log" 2>&1 &
	disown
	await 10 fence_sink_answers "$1" || fail system '' "the sink does not answer: $(tail -n 3 "$log")"
	printf '%s\n' "${words[*]}" >"$place/sink"
}

# fence_sink_answers CLONE: it listens on all its ports.
fence_sink_answers() {
	local port open

	open=$(fence_in "$1" awk '$4 == "0A" { split($2, part, ":"); print part[2] }' /proc/net/tcp /proc/net/tcp6)
	for port in ${FENCE_SUNK//,/}; do
		grep -qx "$(printf '%04X' "$port")" <<<"$open" || return 1
	done
}

fence_sink_stop() { cgroup_end "$(machine_cgroup "$1" @sink)" || fail system '' "the sink of '$1' does not end"; }

# fence_remove CLONE: the namespaces, and what stands in the controller's.
fence_remove() {
	local number file cable

	number=$(fence_number "$1")
	if [ -n "$number" ]; then
		cable=$(fence_cable "$number")
		nft delete table ip "$(fence_table "$cable")" 2>/dev/null || :
	fi
	ip -n "$(fence_space "$1")" link del controller 2>/dev/null || :
	for file in "$(fence_file "$1")"*; do
		[ ! -e "$file" ] || ip netns del "${file##*/}"
	done
}

# fence_clones: the clones that have a namespace.
fence_clones() {
	local file names

	names=$(option names patchline-)
	for file in /run/netns/"$names"*@*; do
		[ -e "$file" ] || continue
		file=${file##*/}
		file=${file#"$names"}
		echo "${file%%@*}"
	done
}
