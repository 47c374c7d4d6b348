#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# updaters.sh, and what precheck.sh and verify.sh say of it, on this machine's files in a mount namespace of the test: a
# service manager that keeps its units in files stands in for systemd; the end-to-end tests have the real one.

bats_require_minimum_version 1.5.0
load host

# A systemctl with units in $UNITS/NAME: LoadState, UnitFileState, ActiveState. Starting looks at the conditions.
fake_systemctl() {
	cat <<'SH'
#!/bin/sh
printf '%s\n' "$*" >>"$UNITS.log"
verb=$1
shift
case $verb in
show)
	for word; do
		case $word in
		-P | LoadState | --property=*) continue ;;
		esac
		[ -e "$UNITS/$word" ] && read -r load file active <"$UNITS/$word" || load=not-found file= active=inactive
		case $1 in
		-P) echo "$load" ;;
		*) printf 'Id=%s\nLoadState=%s\nActiveState=%s\nUnitFileState=%s\n\n' "$word" "$load" "$active" "$file" ;;
		esac
	done
	;;
start | stop)
	read -r load file active <"$UNITS/$1"
	[ "$1" != "${STUBBORN-}" ] || exit 1
	[ $verb = stop ] && active=inactive || active=active
	for condition in /etc/systemd/system/"$1".d/*.conf; do
		[ $verb = stop ] || [ ! -e "$condition" ] || [ ! -e "$(sed -n 's/^ConditionPathExists=!//p' "$condition")" ] || active=inactive
	done
	echo "$load $file $active" >"$UNITS/$1"
	;;
esac
SH
}

setup_file() {
	unshare -m true 2>/dev/null || skip "needs a mount namespace of its own: run as root"
}

# unit NAME FILE-STATE ACTIVE-STATE
unit() {
	echo "loaded $2 $3" >"$UNITS/$1"
}

units() {
	(cd "$UNITS" && grep -H . -- *)
}

# world COMMAND...: in a namespace with folders of the test's own in the places that the programs look at.
world() {
	unshare -m bash -c '
		mount -t tmpfs none /mnt && mkdir /mnt/etc /mnt/work &&
		mount -t overlay etc -o lowerdir=/etc,upperdir=/mnt/etc,workdir=/mnt/work /etc &&
		mkdir -p /etc/systemd/system /etc/cron.d /etc/cron.daily /etc/init.d || exit 99 # a small machine lacks some
		mount --bind "$WORLD/bin" /usr/local/sbin && mount --bind "$WORLD/system" /etc/systemd/system &&
		mount --bind "$WORLD/cron.d" /etc/cron.d && mount --bind "$WORLD/cron.daily" /etc/cron.daily &&
		mount --bind "$WORLD/init.d" /etc/init.d || exit 99
		[ ! -e /usr/sbin/policy-rc.d ] || mount --bind "$WORLD/bin/policy" /usr/sbin/policy-rc.d || exit 99
		if [ "$SYSTEMD" = yes ]; then mkdir -p /run/systemd && mount -t tmpfs none /run/systemd && mkdir /run/systemd/system; fi
		"$@"' bash "$@"
}

# updaters VERB: in that world.
updaters() {
	order >"$BATS_TEST_TMPDIR/order"
	world dash "$BATS_TEST_TMPDIR/updaters.sh" "$1" <"$BATS_TEST_TMPDIR/order"
}

# finding PROGRAM ARGUMENT...: what it says under the heading "updaters".
finding() {
	order >"$BATS_TEST_TMPDIR/order"
	world dash "$BATS_TEST_TMPDIR/$1.sh" "${@:2}" <"$BATS_TEST_TMPDIR/order" |
		awk '/^Finding:/ { on = $2 == "updaters" } on'
}

order() {
	printf 'order 1\nset %064d\nplatform debian-12-amd64\npatience 1\nend yes\n' 1
}

begin() {
	export WORLD=$BATS_TEST_TMPDIR/world UNITS=$BATS_TEST_TMPDIR/units SYSTEMD=${1-yes}
	mkdir -p "$WORLD"/bin "$WORLD"/system "$WORLD"/cron.d "$WORLD"/cron.daily "$WORLD"/init.d "$UNITS" "$PATCHLINE_ROOT"
	fake_systemctl >"$WORLD/bin/systemctl"
	printf '#!/bin/sh\nexit 0\n' >"$WORLD/bin/policy"
	chmod +x "$WORLD/bin"/*
	unit apt-daily.timer enabled active
	unit apt-daily-upgrade.timer disabled inactive
	unit unattended-upgrades.service enabled active
	unit packagekit.service static active
	echo "0 4 * * * root cron-apt" >"$WORLD/cron.d/cron-apt"
	units >"$BATS_TEST_TMPDIR/before"
}

@test "what is held off does not start, and is put back exactly as it was" {
	begin
	run updaters hold
	[ "$status" -eq 0 ]
	[ "$(units | grep -c ' active$')" -eq 0 ]
	[ ! -e "$WORLD/cron.d/cron-apt" ]
	grep -qx 'unit apt-daily.timer enabled active' "$PATCHLINE_ROOT/updaters"
	grep -qx 'unit apt-daily-upgrade.timer disabled inactive' "$PATCHLINE_ROOT/updaters"
	world systemctl start apt-daily.timer
	[ "$(units | grep -c ' active$')" -eq 0 ]
	run updaters free
	[ "$status" -eq 0 ]
	# The one that is started by whoever needs it ends by itself: it may be away.
	diff <(grep -v packagekit "$BATS_TEST_TMPDIR/before") <(units | grep -v packagekit)
	[ -e "$WORLD/cron.d/cron-apt" ]
	[ ! -e "$PATCHLINE_ROOT/updaters" ]
	[ -z "$(ls -A "$WORLD/system")" ]
}

@test "holding twice, and freeing twice, is like once" {
	begin
	updaters hold
	cp "$PATCHLINE_ROOT/updaters" "$BATS_TEST_TMPDIR/record"
	updaters hold
	cmp "$PATCHLINE_ROOT/updaters" "$BATS_TEST_TMPDIR/record"
	updaters free
	run updaters free
	[ "$status" -eq 0 ]
	[ "$output" = "nothing was held off" ]
	diff <(grep -v packagekit "$BATS_TEST_TMPDIR/before") <(units | grep -v packagekit)
}

@test "a hold that was cut off anywhere is put back" {
	begin
	updaters hold
	# Cut off behind the record; then behind the first condition; then after a reboot that started nothing.
	rm -r "$WORLD/system"/*
	mv "$WORLD/cron.d/cron-apt.patchline-hold" "$WORLD/cron.d/cron-apt"
	unit apt-daily.timer enabled active
	unit unattended-upgrades.service enabled active
	run updaters free
	[ "$status" -eq 0 ]
	diff <(grep -v packagekit "$BATS_TEST_TMPDIR/before") <(units | grep -v packagekit)

	updaters hold
	rm -r "$WORLD/system/unattended-upgrades.service.d"
	unit unattended-upgrades.service enabled active
	[[ "$(finding precheck "$(date +%s)")" == *"could install something meanwhile: unattended-upgrades.service"* ]]
	updaters hold
	[[ "$(finding precheck "$(date +%s)")" != *"could install something"* ]]
	updaters free
	diff <(grep -v packagekit "$BATS_TEST_TMPDIR/before") <(units | grep -v packagekit)
}

@test "a cron file that a package brings meanwhile is the one that stays" {
	begin
	updaters hold
	echo newer >"$WORLD/cron.d/cron-apt"
	run updaters free
	[ "$status" -eq 0 ]
	[ "$(cat "$WORLD/cron.d/cron-apt")" = newer ]
	[ "$(ls "$WORLD/cron.d")" = cron-apt ]
}

@test "one that does not start again is told, and tried again" {
	begin
	updaters hold
	export STUBBORN=apt-daily.timer
	run updaters free
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == "other updaters are not as they were: apt-daily.timer was active, is inactive"* ]]
	[ -e "$PATCHLINE_ROOT/updaters" ]
	unset STUBBORN
	run updaters free
	[ "$status" -eq 0 ]
	diff <(grep -v packagekit "$BATS_TEST_TMPDIR/before") <(units | grep -v packagekit)
}

@test "one that cannot be stopped fails the hold" {
	begin
	export STUBBORN=apt-daily.timer
	run updaters hold
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = "cannot stop the timers of other updaters" ]
}

@test "one that installs right now is waited for, not stopped, and named" {
	begin
	unit apt-daily-upgrade.service static activating
	run updaters hold
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "installs packages right now, and did not end: apt-daily-upgrade.service" ]
	[[ "$(units)" == *"apt-daily-upgrade.service:loaded static activating"* ]]
	[[ "$(units)" == *"unattended-upgrades.service:loaded enabled active"* ]]
	[[ "$(finding precheck "$(date +%s)")" == *"another updater is running now: apt-daily-upgrade.service (waited 1 s)"* ]]
}

@test "a record that cannot be written changes nothing" {
	begin
	rm -r "$PATCHLINE_ROOT"
	: >"$PATCHLINE_ROOT"
	run updaters hold
	[ "$status" -eq 1 ]
	[[ ${lines[-1]} == "cannot write down in "* ]]
	units | diff "$BATS_TEST_TMPDIR/before" -
	[ -e "$WORLD/cron.d/cron-apt" ]
}

@test "without systemd, what cron starts is held off, and that is told" {
	begin no
	echo "apt" >"$WORLD/cron.daily/apt-compat"
	run updaters hold
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "no systemd here: only what cron starts is held off" ]
	[ "$(ls "$WORLD/cron.daily")" = apt-compat.patchline-hold ]
	[ ! -e "$UNITS.log" ] || run ! grep -E '^(stop|start)' "$UNITS.log"
	[[ "$(finding precheck "$(date +%s)")" == *"no systemd here"* ]]
	run updaters free
	[ "$status" -eq 0 ]
	[ "$(ls "$WORLD/cron.daily")" = apt-compat ]
}

@test "verify finds what is still held off" {
	begin
	[ -z "$(finding verify)" ]
	updaters hold
	[[ "$(finding verify)" == *"Severity: error"*"still held off: unattended-upgrades.service"*"cron-apt"* ]]
	updaters free
	[ -z "$(finding verify)" ]
}

@test "a daemon of an init script is restarted where there is no systemd, and one without is named" {
	begin no
	cp "$(command -v sleep)" "$BATS_TEST_TMPDIR/world/wh-daemon"
	mkdir -p "$HOME/.cache"
	place=$(mktemp -d "$HOME/.cache/patchline-test.XXXXXX")
	cp "$(command -v sleep)" "$place/wh-daemon"
	cp "$(command -v sleep)" "$place/wh-orphan"
	cat >"$WORLD/init.d/wh-daemon" <<-SH
		#!/bin/sh
		echo "\$1" >>$BATS_TEST_TMPDIR/called
		[ "\$1" != status ]
	SH
	chmod +x "$WORLD/init.d/wh-daemon"
	# Children of the first process, as daemons are.
	(setsid "$place/wh-daemon" 30 3>&- >/dev/null 2>&1 & echo $! >"$BATS_TEST_TMPDIR/daemon")
	(setsid "$place/wh-orphan" 30 3>&- >/dev/null 2>&1 & echo $! >"$BATS_TEST_TMPDIR/orphan")
	daemon=$(cat "$BATS_TEST_TMPDIR/daemon") orphan=$(cat "$BATS_TEST_TMPDIR/orphan")
	until [ "$(readlink "/proc/$orphan/exe")" = "$place/wh-orphan" ]; do sleep 0.05; done
	until [ "$(readlink "/proc/$daemon/exe")" = "$place/wh-daemon" ]; do sleep 0.05; done
	rm -r "$place"
	order | sed 's/^end yes/restart auto\n&/' >"$BATS_TEST_TMPDIR/order"
	world dash "$BATS_TEST_TMPDIR/restart.sh" <"$BATS_TEST_TMPDIR/order" >"$BATS_TEST_TMPDIR/out" || :
	world dash "$BATS_TEST_TMPDIR/verify.sh" <"$BATS_TEST_TMPDIR/order" >"$BATS_TEST_TMPDIR/verified"
	kill "$daemon" "$orphan"
	cat "$BATS_TEST_TMPDIR/out"
	grep -qx 'wh-daemon.service: restart' "$BATS_TEST_TMPDIR/out"
	grep -qx restart "$BATS_TEST_TMPDIR/called"
	grep -q "^ - (process $orphan) still runs on the replaced " "$BATS_TEST_TMPDIR/verified"
	grep -q "^ wh-daemon.service (process $daemon) still runs on the replaced " "$BATS_TEST_TMPDIR/verified"
}

@test "a service of an init script answers, or does not" {
	begin no
	printf '#!/bin/sh\n[ "$1" != status ]\n' >"$WORLD/init.d/wh-down"
	printf '#!/bin/sh\nexit 0\n' >"$WORLD/init.d/wh-up"
	chmod +x "$WORLD/init.d"/wh-*
	order | sed 's/^end yes/service wh-up\nservice wh-down\n&/' >"$BATS_TEST_TMPDIR/order"
	world dash "$BATS_TEST_TMPDIR/verify.sh" <"$BATS_TEST_TMPDIR/order" >"$BATS_TEST_TMPDIR/out"
	grep -qx ' wh-down is inactive' "$BATS_TEST_TMPDIR/out"
	run ! grep -q 'wh-up is' "$BATS_TEST_TMPDIR/out"
}
