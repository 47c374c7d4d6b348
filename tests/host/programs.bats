#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# inventory.sh, precheck.sh, verify.sh and apply.sh on this machine: they read it and change nothing.

bats_require_minimum_version 1.5.0
load host

# order LINE... - an order with these lines.
order() {
	printf 'order 1\nset %064d\nplatform debian-12-amd64\npatience %d\n' 1 "${PATIENCE:-1}"
	[ $# = 0 ] || printf '%s\n' "$@"
	printf 'end yes\n'
}

version() {
	dpkg-query -W -f '${Version}' "$1"
}

native() {
	dpkg --print-architecture
}

@test "an inventory has its facts first and its end last" {
	run program inventory 'echo shop 2.1; echo built; exit 3'
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "Format: patchline-inventory 1" ]
	[ "${lines[-1]}" = "End: yes" ]
	grep -qx "Boot-Id: $(cat /proc/sys/kernel/random/boot_id)" <<<"$output"
	grep -qx 'Release-Status: 3' <<<"$output"
	grep -A 2 -x 'Release:' <<<"$output" | grep -qx ' built'
}

@test "every installed package is in the state, with its mark" {
	program inventory >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -c '^Package: ' "$BATS_TEST_TMPDIR/out")" -eq \
		"$(dpkg-query -W -f '${db:Status-Status}\n' | grep -vcE '^(not-installed|config-files)$')" ]
	[ "$(grep -c '^Auto: yes$' "$BATS_TEST_TMPDIR/out")" -eq "$(apt-mark showauto | wc -l)" ]
	[ "$(grep -c '^Status: hold ' "$BATS_TEST_TMPDIR/out")" -eq "$(apt-mark showhold | wc -l)" ]
}

# with_pins PREFERENCES BLACKLIST PROGRAM: run it where /etc/apt has these.
with_pins() {
	printf '%b' "$1" >"$BATS_TEST_TMPDIR/preferences"
	printf '%s\n' "$2" >"$BATS_TEST_TMPDIR/blacklist"
	unshare -m sh -c '
		mount -t tmpfs none /etc/apt/preferences.d
		cp -a /etc/apt/apt.conf.d "$1/conf"
		mount -t tmpfs none /etc/apt/apt.conf.d
		cp -a "$1/conf/." /etc/apt/apt.conf.d
		rm -r "$1/conf"
		cp "$1/preferences" /etc/apt/preferences.d/ours
		cp "$1/blacklist" /etc/apt/apt.conf.d/99ours
		exec dash "$1/$2.sh"' sh "$BATS_TEST_TMPDIR" "$3"
}

# pins PREFERENCES [BLACKLIST]: the names of what an inventory calls pinned there.
pins() {
	with_pins "$1" "${2-}" inventory >"$BATS_TEST_TMPDIR/out" || return
	awk '/^Package:/ { name = $2 } /^Pinned: yes$/ { printf "%s%s", separator, name; separator = " " }' "$BATS_TEST_TMPDIR/out"
}

# apt has the word: a pin counts when a newer version from an archive that it does not name would not be taken.
@test "what the host's own pins keep as it is, apt itself is asked; what they prefer is not kept" {
	unshare -m mount -t tmpfs none /etc/apt/preferences.d || skip "mounting is not allowed here"
	[ "$(pins '')" = '' ]
	[ "$(pins 'Package: sed\nPin: version 1:0\nPin-Priority: 1001\n')" = '' ]
	[ "$(pins "Package: sed\nPin: version $(dpkg-query -W -f '${Version}' sed)\nPin-Priority: 1001\n")" = sed ]
	[ "$(pins 'Package: sed\nPin: version *\nPin-Priority: 600\n')" = '' ]
	[ "$(pins 'Package: sed gre?\nPin: release *\nPin-Priority: -1\n')" = 'grep sed' ]
	[ "$(pins 'Package: /^se[d]$/\nPin: release *\nPin-Priority: -1\n')" = sed ]
	[ "$(pins 'Package: *\nPin: release a=stable\nPin-Priority: 990\n')" = '' ]
	[ "$(pins 'Package: sed\nPin: origin vendor.example.org\nPin-Priority: 900\n')" = '' ]
	[ "$(pins 'Package: *\nPin: release *\nPin-Priority: -1\n' | wc -w)" -eq "$(grep -c '^Package: ' "$BATS_TEST_TMPDIR/out")" ]
	! pins 'Package: sed\nPin: release *\n' 2>"$BATS_TEST_TMPDIR/err"
	grep -q '^E: No priority' "$BATS_TEST_TMPDIR/err"
	! grep -q '^End: yes' "$BATS_TEST_TMPDIR/out"
}

@test "an order that would change what is pinned is refused by precheck and apply; pins that nobody understands are told" {
	unshare -m mount -t tmpfs none /etc/apt/preferences.d || skip "mounting is not allowed here"
	local change="upgrade sed $(native) $(version sed) 99:1"

	run with_pins 'Package: sed\nPin: release *\nPin-Priority: -1\n' '' apply < <(order "$change")
	[ "$status" -eq 3 ]
	[[ $output == *"on hold: sed (pinned)"* ]]
	run with_pins 'Package: sed\nPin: release *\nPin-Priority: -1\n' '' precheck < <(order "$change")
	[[ $output == *"that are on hold: sed (pinned)"* ]]
	run with_pins 'Package: sed\nPin: moon full\nPin-Priority: -1\n' '' precheck < <(order "$change")
	[[ $output == *"Did not understand pin type moon"* ]]
	[[ $output != *"on hold"* ]]
}

@test "what unattended-upgrades may not touch is kept; an expression that awk does not know keeps what begins like it" {
	unshare -m mount -t tmpfs none /etc/apt/preferences.d || skip "mounting is not allowed here"
	[ "$(pins '' 'Unattended-Upgrade::Package-Blacklist { "se[d]$"; "^gre"; "rep"; };')" = 'grep sed' ]
	[ "$(pins '' 'Unattended-Upgrade::Package-Blacklist { "dpkg(?!x)"; };')" = "$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'dpkg*' |
		awk '$1 == "installed" { print $2 }' | xargs)" ]
}

# processes COMMAND... - how many it starts where nothing is pinned, itself included: what comes behind it has the next number.
processes() {
	unshare --pid --fork --mount-proc dash -c 'mount -t tmpfs none /etc/apt/preferences.d && "$@" >&2; dash -c "echo \$((\$\$ - 3))"; :' - "$@" 2>/dev/null
}

@test "an inventory starts few processes: a machine of many hosts pays for each of them" {
	processes true || skip "no room for processes of their own here"
	[ "$(processes dash "$BATS_TEST_TMPDIR/inventory.sh")" -le 40 ]
}

@test "a process on a deleted library is found, with what it runs" {
	mkdir -p "$HOME/.cache"
	place=$(mktemp -d "$HOME/.cache/patchline-test.XXXXXX")
	cp "$(command -v sleep)" "$place/sleeper"
	"$place/sleeper" 20 3>&- &
	sleeper=$!
	until [ "$(readlink /proc/$sleeper/exe)" = "$place/sleeper" ]; do sleep 0.05; done
	rm -r "$place"
	found=$(program inventory | grep " $sleeper $place/sleeper\$")
	kill $sleeper
	[ -n "$found" ]
}

@test "a precheck tells everything at once" {
	run program precheck 1000000000 < <(order "upgrade dash $(native) 0.1 0.2" \
		"new dash-nonexistent all - 1" "keep dpkg $(native) 0.1 0.1")
	[ "$status" -eq 0 ]
	grep -qx ' dash:'"$(native)"" is $(version dash) here; the plan was made for 0.1" <<<"$output"
	grep -q "dpkg:$(native) is $(version dpkg) here; the plan was made for 0.1" <<<"$output"
	run ! grep -q dash-nonexistent <<<"$output"
	program precheck 1000000000 < <(order) >"$BATS_TEST_TMPDIR/out"
	grep -qx 'Finding: clock' "$BATS_TEST_TMPDIR/out"
	grep -qx 'Finding: staged' "$BATS_TEST_TMPDIR/out"
	grep -qx 'Findings-End: yes' "$BATS_TEST_TMPDIR/out"
}

@test "a precheck tries what will be asked afterwards: a unit and a command that are not there are found before patching" {
	checked() { program precheck "$(date +%s)" < <(order "$@") >"$BATS_TEST_TMPDIR/out" && grep -A 4 -E '^Finding: (service|health|release-check)' "$BATS_TEST_TMPDIR/out"; }
	tried=("service no-such-thing.service" "health true" "health no-such-command -x" "health echo out of order; exit 3" "release-check /no/such")
	run checked "${tried[@]}"
	grep -A 3 -x 'Finding: service' <<<"$output" | grep -qx ' there is no unit no-such-thing.service here'
	[ "$(grep -c '^Severity: error' <<<"$output")" = 3 ]
	[ "$(grep -c '^Severity: warning' <<<"$output")" = 1 ]
	grep -q "'no-such-command -x' cannot be run, it ended with 127" <<<"$output"
	grep -q "'echo out of order; exit 3' ended with 3 before patching; .*: out of order" <<<"$output"
	grep -q "'/no/such' cannot be run" <<<"$output"
	run checked "new dash-nonexistent all - 1" "${tried[@]}" # what is new may bring them
	[ "$(grep -c '^Severity: error' <<<"$output")" = 0 ]
	[ "$(grep -c '^Severity: warning' <<<"$output")" = 4 ]
}

@test "an order that was cut is refused by all" {
	for name in precheck verify apply reboot restart; do
		run program $name 0 <<<"order 1"
		[ "$status" -ne 0 ]
		[[ $output == *"the order did not arrive whole"* ]]
	done
}

@test "verify finds wrong versions and tells the inventory of the moment" {
	run program verify < <(order "upgrade dash $(native) 0.1 0.2" "new dash-nonexistent all - 1" \
		"keep dpkg $(native) $(version dpkg) $(version dpkg)")
	[ "$status" -eq 0 ]
	grep -qx " dash:$(native) should be 0.2, is $(version dash)" <<<"$output"
	grep -qx " dash-nonexistent:$(native) should be 1, is not installed" <<<"$output"
	run ! grep -q 'dpkg:.*should be' <<<"$output"
	[ "$(program verify < <(order) | tail -n 1)" = "End: yes" ]
}

@test "a health command is tried until its time is over" {
	PATIENCE=20
	run program verify < <(order 'health echo once >>'"$BATS_TEST_TMPDIR"'/tries; test "$(wc -l <'"$BATS_TEST_TMPDIR"'/tries)" -ge 2')
	run ! grep -q 'Finding: health' <<<"$output"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/tries")" -eq 2 ]
	PATIENCE=1
	run program verify < <(order 'health echo no such luck; exit 7')
	grep -q "ended with 7: no such luck" <<<"$output"
}

@test "what runs on a replaced file and belongs to no service is told, and not touched" {
	mkdir -p "$HOME/.cache"
	place=$(mktemp -d "$HOME/.cache/patchline-test.XXXXXX")
	cp "$(command -v sleep)" "$place/sleeper"
	setsid "$place/sleeper" 20 3>&- &
	sleeper=$!
	until [ "$(readlink /proc/$sleeper/exe)" = "$place/sleeper" ]; do sleep 0.05; done
	rm -r "$place"
	program verify < <(order 'restart auto') >"$BATS_TEST_TMPDIR/out"
	program restart < <(order 'restart never') >"$BATS_TEST_TMPDIR/never"
	kill -0 $sleeper
	kill $sleeper
	grep -A 3 -x 'Finding: effect' "$BATS_TEST_TMPDIR/out" | grep -qx 'Severity: warning'
	grep -q 'still runs on the replaced /' "$BATS_TEST_TMPDIR/out"
	grep -qx 'the order says: restart nothing' "$BATS_TEST_TMPDIR/never"
}

@test "a reboot is due by policy, and a boot that is over is not ended again" {
	asked() { program reboot ask "$2" < <(order "reboot $1") | sed -n 's/^due //p'; }
	[ "$(asked always yes)" = yes ]
	[ "$(asked never yes)" = no ]
	program reboot ask no < <(order) | grep -qx "boot $(cat /proc/sys/kernel/random/boot_id)"
	run program reboot go another-boot < <(order "reboot-command touch $BATS_TEST_TMPDIR/down")
	[ "$output" = "this host has been started again since" ]
	run program reboot go "$(cat /proc/sys/kernel/random/boot_id)" < <(order "reboot-command touch $BATS_TEST_TMPDIR/down")
	[ "$output" = "going down" ]
	[ -e "$BATS_TEST_TMPDIR/down" ]
	mkdir -p "$PATCHLINE_ROOT"
	run program reboot go "$(cat /proc/sys/kernel/random/boot_id)" < <(order "reboot-command echo no; exit 3")
	[ "${lines[0]}" = "going down" ]
	[ "${lines[1]}" = "no" ]
	[ "${lines[2]}" = "the command to reboot ended with 3: echo no; exit 3" ]
}

@test "that packages were changed in this boot is known, whoever changed them" {
	mkdir -p "$PATCHLINE_ROOT"
	due() { program reboot ask no < <(order "reboot $1") | sed -n 's/^due //p'; }
	[ "$(due always)" = no ]
	cp /proc/sys/kernel/random/boot_id "$PATCHLINE_ROOT/boot-of-change"
	[ "$(due always)" = yes ]
	[ "$(due never)" = no ]
	program verify < <(order 'reboot always') | grep -q 'packages were changed in this boot'
	echo another-boot >"$PATCHLINE_ROOT/boot-of-change"
	[ "$(due always)" = no ]
	run ! grep -q 'packages were changed' <(program verify < <(order 'reboot always'))
}

@test "apply has nothing to do where everything is there" {
	run program apply < <(order "upgrade dash $(native) 0.1 $(version dash)")
	[ "$status" -eq 0 ]
	[ "$output" = "everything is installed already" ]
}

@test "apply refuses a set that is not there, before anything is changed" {
	run program apply < <(order "upgrade dash $(native) $(version dash) 99:1")
	[ "$status" -eq 3 ]
	[[ ${lines[-1]} == "refused, nothing was changed: the staged set in "*" cannot be used" ]]
}

# small PATH OPTIONS PROGRAM ARGUMENT...: the program where a small file system lies at PATH.
small() {
	order >"$BATS_TEST_TMPDIR/order"
	[ -z "${LINES_OF_ORDER-}" ] || order "$LINES_OF_ORDER" >"$BATS_TEST_TMPDIR/order"
	unshare -m sh -c 'mount -t tmpfs -o "$2" small "$1" && shift 2 && exec dash "$@"' sh "$1" "$2" \
		"$BATS_TEST_TMPDIR/$3.sh" "${@:4}" <"$BATS_TEST_TMPDIR/order"
}

@test "a file system that is too small for its part of the plan is named, with what is needed there" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own: run as root"
	now=$(date +%s)
	mkdir -p "$PATCHLINE_ROOT"
	run small "$PATCHLINE_ROOT" size=256k precheck "$now"
	[[ $output == *"Finding: disk-space"*" $PATCHLINE_ROOT has 256 KiB free, patching may need "*" KiB in $PATCHLINE_ROOT"* ]]
	run small /var/cache/apt size=64k precheck "$now"
	[[ $output == *" /var/cache/apt has 64 KiB free, patching may need 1024 KiB in /var/cache/apt"* ]]
	run small /tmp size=100m precheck "$now"
	[[ $output != *"Finding: disk-space"* ]]
	run small "$PATCHLINE_ROOT" size=100m,nr_inodes=20 precheck "$now"
	[[ $output == *" $PATCHLINE_ROOT has room for 19 more files, patching may need 64 in $PATCHLINE_ROOT"* ]]
	# A kernel needs room of its own, and only where one is in the plan.
	run small /boot size=20m precheck "$now"
	[[ $output != *"Finding: disk-space"* ]]
	LINES_OF_ORDER="new linux-image-6.1.0-99-amd64 $(native) - 6.1.99-1"
	run small /boot size=20m precheck "$now"
	[[ $output == *" /boot has 20480 KiB free, patching may need 131072 KiB in /boot"* ]]
}

@test "a file system that cannot be written to is named" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own: run as root"
	run small /var/cache/apt size=10m,ro precheck "$(date +%s)"
	[[ $output == *"Finding: read-only"*" /var/cache/apt is mounted read-only"*"mount -o remount,rw /var/cache/apt"* ]]
	run small /var/cache/apt size=10m precheck "$(date +%s)"
	[[ $output != *"Finding: read-only"* ]]
}

@test "one that a hook of the host makes writable is told, and stops nothing" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own: run as root"
	echo 'DPkg::Pre-Invoke { "mount -o remount,rw /var/cache/apt"; };' >"$BATS_TEST_TMPDIR/hook"
	APT_CONFIG=$BATS_TEST_TMPDIR/hook run small /var/cache/apt size=10m,ro precheck "$(date +%s)"
	[[ $output == *"Finding: read-only"*"Severity: note"*"a hook of this host's package manager makes it writable"* ]]
	echo 'DPkg::Pre-Invoke { "mount -o remount,rw /usr"; };' >"$BATS_TEST_TMPDIR/hook"
	APT_CONFIG=$BATS_TEST_TMPDIR/hook run small /var/cache/apt size=10m,ro precheck "$(date +%s)"
	[[ $output == *"mount -o remount,rw /var/cache/apt"* ]]
}

@test "scripts of packages that cannot run are told before anything is unpacked" {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own: run as root"
	run small /var/lib/dpkg/info size=10m,noexec precheck "$(date +%s)"
	[[ $output == *"Finding: noexec"*"Severity: error"*" /var/lib/dpkg/info is mounted noexec"*"mount -o remount,exec /var/lib/dpkg/info"* ]]
	run small /tmp size=100m,noexec precheck "$(date +%s)"
	[[ $output != *"Finding: noexec"* ]]
}

@test "the room that a plan needs is counted from the index, also for what is not staged yet" {
	mkdir -p "$PATCHLINE_ROOT/sets/$(printf %064d 1)/debian-12-amd64"
	cat >"$PATCHLINE_ROOT/sets/$(printf %064d 1)/debian-12-amd64/Packages" <<-INDEX
		Package: wh-big
		Architecture: $(native)
		Version: 2
		Installed-Size: 90000000000
		Filename: pool/aa.deb
		Size: 80000000000000

		Package: wh-other
		Architecture: $(native)
		Version: 2
		Installed-Size: 90000000000
		Filename: pool/bb.deb
		Size: 80000000000000
	INDEX
	run program precheck "$(date +%s)" < <(order "new wh-big $(native) - 2")
	# New, and once more while it is unpacked; its file; the other package is not of the plan.
	needed=$(grep -o 'may need [0-9]* KiB' <<<"$output" | awk '{ sum += $3 } END { printf "%.0f", sum }')
	[ "$needed" -gt 258125000000 ]
	[ "$needed" -lt 258126000000 ]
	mkdir "$PATCHLINE_ROOT/sets/$(printf %064d 1)/debian-12-amd64/pool"
	: >"$PATCHLINE_ROOT/sets/$(printf %064d 1)/debian-12-amd64/pool/aa.deb"
	run program precheck "$(date +%s)" < <(order "new wh-big $(native) - 2")
	needed=$(grep -o 'may need [0-9]* KiB' <<<"$output" | awk '{ sum += $3 } END { printf "%.0f", sum }')
	[ "$needed" -lt 180001000000 ]
}

@test "a command runs as root, or as whoever signed in" {
	[ "$(program command 'id -un')" = root ]
	[ "$(program command 'id -un' as-user)" = root ]
	[ "$(SUDO_USER=nobody program command 'id -un')" = root ]
	[ "$(SUDO_USER=nobody program command 'id -un; echo $LOGNAME; cat' as-user <<<input)" = "nobody
nobody
input" ]
	run program command 'echo "not reached"; exit 3' as-user
	[ "$status" -eq 3 ]
	SUDO_USER=no-such-user run program command true as-user
	[ "$status" -eq 1 ]
	[[ $output == *"no user 'no-such-user'"* ]]
}
