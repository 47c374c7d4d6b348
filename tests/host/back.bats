#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# apply.sh on the way back and repack.sh, with the real dpkg and apt on a copy of this machine's system: an overlay that
# nothing of leaves.

bats_require_minimum_version 1.5.0
load host

setup() {
	source_root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	[ "$(id -u)" = 0 ] || skip "mounts need root"
	# Its upper side cannot lie on another overlay.
	world=$(mktemp -d /dev/shm/patchline-back.XXXXXX)
	mkdir "$world/upper" "$world/work" "$world/root"
	inside true || skip "no overlay can be mounted here"
	inside mkdir -p /w
	for name in apply repack verify; do
		"$source_root/tools/embed.sh" --show "$source_root/host" $name "$source_root/host/apt" >"$world/upper/w/$name.sh"
	done
	for version in 1.0 1.1; do
		deb "$version" tool "Depends: dash" '/etc/pl-tool.conf' "first of $version"
	done
	deb 1.0 fresh 'Depends: dash'
	inside dpkg -i /w/pl-tool_1.0.deb /w/pl-fresh_1.0.deb >/dev/null
}

teardown() {
	[ -z "${world-}" ] || rm -rf "$world"
}

# inside COMMAND...: on the copy.
inside() {
	# shellcheck disable=SC2016
	unshare --mount sh -c 'world=$1 && shift &&
		mount -t overlay overlay -o "lowerdir=/,upperdir=$world/upper,workdir=$world/work" "$world/root" &&
		mount --bind /proc "$world/root/proc" && mount --bind /dev "$world/root/dev" &&
		exec env -i PATH="$PATH" PATCHLINE_ROOT=/w/state chroot "$world/root" "$@"' sh "$world" "$@" 2>&1
}

# deb VERSION NAME FIELD [CONFFILE TEXT]: /w/pl-NAME_VERSION.deb.
deb() {
	local tree=$world/tree

	rm -rf "$tree"
	mkdir -p "$tree/DEBIAN" "$tree/usr/share/pl-$2/empty"
	printf 'Package: pl-%s\nVersion: %s\nArchitecture: all\nMaintainer: N <n@example.org>\n%s\nDescription: of a test\n text\n' \
		"$2" "$1" "$3" >"$tree/DEBIAN/control"
	printf '#!/bin/sh\necho "configured $1" >>/w/log\n' >"$tree/DEBIAN/postinst"
	chmod 755 "$tree/DEBIAN/postinst"
	echo "$1" >"$tree/usr/share/pl-$2/version"
	chmod 640 "$tree/usr/share/pl-$2/version"
	ln -s version "$tree/usr/share/pl-$2/link"
	if [ $# -gt 3 ]; then
		mkdir -p "$tree/etc"
		echo "$5" >"$tree$4"
		echo "$4" >"$tree/DEBIAN/conffiles"
	fi
	dpkg-deb --root-owner-group -b "$tree" "$world/upper/w/pl-$2_$1.deb" >/dev/null
}

# stage FILE.deb...: them alone, as a set that is staged.
stage() {
	local place=$world/upper/w/state/sets/$(printf '%064d' 1)/debian-12-amd64 gnupg=$world/gnupg file

	mkdir -p "$place/pool" "$gnupg"
	chmod 700 "$gnupg"
	for file; do
		cp "$world/upper/w/$file" "$place/pool/"
		dpkg-deb -f "$place/pool/$file"
		printf 'Filename: pool/%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$place/pool/$file")" \
			"$(sha256sum <"$place/pool/$file" | cut -d ' ' -f 1)"
	done >"$place/Packages"
	printf 'Date: %s\nSHA256:\n %s %s Packages\n' "$(date -Ru)" "$(sha256sum <"$place/Packages" | cut -d ' ' -f 1)" \
		"$(stat -c %s "$place/Packages")" >"$world/Release"
	gpg --homedir "$gnupg" --batch --quiet --passphrase '' --quick-gen-key 'Set <a@example.org>' ed25519 sign never 2>/dev/null
	gpg --homedir "$gnupg" --batch --quiet --export >"$place/key.gpg"
	gpg --homedir "$gnupg" --batch --quiet --clearsign -o "$place/InRelease" "$world/Release"
	gpgconf --homedir "$gnupg" --kill all
}

# order LINE...: what apply and verify are told.
order() {
	printf 'order 1\nset %064d\nplatform debian-12-amd64\npatience 5\n' 1
	printf '%s\n' "$@" 'end yes'
}

version() {
	inside dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" || :
}

@test "the way back takes a package to its older version, removes a new one, and keeps what somebody configured" {
	stage pl-tool_1.0.deb
	inside dpkg -i /w/pl-tool_1.1.deb
	echo 'by hand' >"$world/upper/etc/pl-tool.conf"
	run inside dash /w/apply.sh < <(order 'downgrade pl-tool all 1.1 1.0' 'remove pl-fresh all 1.0 -')
	[ "$status" -eq 0 ]
	[ "$(version pl-tool)" = "installed 1.0" ]
	[ "$(cat "$world/upper/etc/pl-tool.conf")" = 'by hand' ]
	run inside dpkg-query -W -f '${db:Status-Status}' pl-fresh
	[ "$output" = config-files ] || [[ $output == *"no packages found"* ]]
	run inside dash /w/verify.sh < <(order 'downgrade pl-tool all 1.1 1.0' 'remove pl-fresh all 1.0 -')
	[[ $output != *"should"* ]]
	run inside dash /w/apply.sh < <(order 'downgrade pl-tool all 1.1 1.0' 'remove pl-fresh all 1.0 -')
	[ "$output" = "everything is installed already" ]
}

@test "the way back removes nothing that the order does not name" {
	deb 1.0 user 'Depends: pl-fresh'
	inside dpkg -i /w/pl-user_1.0.deb
	stage pl-tool_1.0.deb
	inside dpkg -i /w/pl-tool_1.1.deb
	run inside dash /w/apply.sh < <(order 'downgrade pl-tool all 1.1 1.0' 'remove pl-fresh all 1.0 -')
	[ "$status" -eq 3 ]
	[[ $output == *"remove pl-user"* ]]
	[[ ${lines[-1]} == "refused, nothing was changed: apt would not do what the plan says" ]]
	[ "$(version pl-tool)" = "installed 1.1" ]
	run inside dash /w/verify.sh < <(order 'remove pl-fresh all 1.0 -')
	[[ $output == *"pl-fresh:$(dpkg --print-architecture) should not be installed, is 1.0"* ]]
}

@test "a way forward makes nothing older" {
	stage pl-tool_1.0.deb
	inside dpkg -i /w/pl-tool_1.1.deb
	run inside dash /w/apply.sh < <(order 'upgrade pl-tool all 1.1 1.0')
	[ "$status" -eq 3 ]
	[ "$(version pl-tool)" = "installed 1.1" ]
}

@test "a package whose configuration failed, and one that dpkg was cut off at, go back" {
	deb 1.2 tool 'Depends: dash'
	sed -i '1a exit 7' "$world/tree/DEBIAN/postinst"
	dpkg-deb --root-owner-group -b "$world/tree" "$world/upper/w/pl-tool_1.2.deb" >/dev/null
	stage pl-tool_1.0.deb
	run ! inside dpkg -i /w/pl-tool_1.2.deb
	[ "$(version pl-tool)" = "half-configured 1.2" ]
	inside sh -c "dpkg-query -s pl-tool >/var/lib/dpkg/updates/0001"
	run inside dash /w/apply.sh < <(order 'downgrade pl-tool all 1.2 1.0')
	[ "$status" -eq 0 ]
	[[ $output == *"dpkg was interrupted: it goes on first"* ]]
	[ "$(version pl-tool)" = "installed 1.0" ]
}

@test "what the host does after an update of its own sources is not done for ours; what it does when packages change is" {
	cat >"$world/hooks" <<-'CONF'
		APT::Update::Pre-Invoke { "echo pre-update >>/w/hooks.log"; };
		APT::Update::Post-Invoke { "echo post-update >>/w/hooks.log"; };
		APT::Update::Post-Invoke-Success { "echo success >>/w/hooks.log; exit 3"; };
		DPkg::Post-Invoke { "echo installed >>/w/hooks.log"; };
	CONF
	inside cp /dev/stdin /etc/apt/apt.conf.d/99-of-the-host <"$world/hooks"
	stage pl-tool_1.1.deb
	run inside dash /w/apply.sh < <(order 'upgrade pl-tool all 1.0 1.1')
	[ "$status" -eq 0 ]
	[ "$(version pl-tool)" = "installed 1.1" ]
	[ "$(cat "$world/upper/w/hooks.log")" = installed ]
}

@test "configuration that stayed while its package brought another is told, with the difference" {
	stage pl-tool_1.1.deb
	order 'upgrade pl-tool all 1.0 1.1' >"$world/order"
	echo 'by hand' >"$world/upper/etc/pl-tool.conf"
	run inside dash /w/verify.sh <"$world/order"
	[[ $output != *"kept as it is"* ]]
	inside sh -c 'echo another >/etc/of-another.conf'
	inside cp /etc/hostname /etc/of-another.conf.dpkg-dist
	run inside dash /w/apply.sh <"$world/order"
	[ "$status" -eq 0 ]
	[ "$(cat "$world/upper/etc/pl-tool.conf")" = 'by hand' ]
	run inside dash /w/verify.sh <"$world/order"
	[[ $output == *"Finding: configuration
Severity: warning
What:
 /etc/pl-tool.conf is kept as it is; its package brought /etc/pl-tool.conf.dpkg-dist
Do:
 @@ -1 +1 @@
 -by hand
 +first of 1.1
"* ]]
	[ "$(grep -c '^Finding: configuration' <<<"$output")" = 1 ]
	# What packages outside of the plan left is a fact of the host, as this is.
	sed -n '/^Kept-Files:/,/^[A-Z]/p' <<<"$output" >"$world/facts"
	grep -qx ' /etc/of-another.conf is kept as it is; its package brought /etc/of-another.conf.dpkg-dist' "$world/facts"
	grep -qx ' +first of 1.1' "$world/facts"
	# What not everybody may read stays on the host.
	chmod 600 "$world/upper/etc/pl-tool.conf"
	run inside dash /w/verify.sh <"$world/order"
	[[ $output == *"/etc/pl-tool.conf is kept as it is"* ]]
	[[ $output != *"by hand"* ]]
}

@test "a package is built anew from the host's own files, and is the same again" {
	echo 'by hand' >"$world/upper/etc/pl-tool.conf"
	rm "$world/upper/usr/share/pl-fresh/link" 2>/dev/null || inside rm /usr/share/pl-fresh/link
	inside sh -c 'dash /w/repack.sh pl-tool all 1.0 >/w/again.deb' >"$world/told"
	[ ! -s "$world/told" ] || ! grep -v dpkg-deb "$world/told"
	dpkg-deb -c "$world/upper/w/pl-tool_1.0.deb" | awk '{ print $1, $2, $6, $7, $8 }' >"$world/first"
	dpkg-deb -c "$world/upper/w/again.deb" | awk '{ print $1, $2, $6, $7, $8 }' >"$world/second"
	diff <(sort "$world/first") <(sort "$world/second")
	[ "$(dpkg-deb -I "$world/upper/w/again.deb" postinst)" = "$(dpkg-deb -I "$world/upper/w/pl-tool_1.0.deb" postinst)" ]
	[ "$(dpkg-deb -f "$world/upper/w/again.deb" Description)" = "$(dpkg-deb -f "$world/upper/w/pl-tool_1.0.deb" Description)" ]
	[ -z "$(dpkg-deb -f "$world/upper/w/again.deb" Status)$(dpkg-deb -f "$world/upper/w/again.deb" Conffiles)" ]
	[ "$(dpkg-deb --fsys-tarfile "$world/upper/w/again.deb" | tar -xO ./etc/pl-tool.conf)" = 'by hand' ]
	inside dpkg --force-confold -i /w/pl-tool_1.1.deb
	inside dpkg --force-confold -i /w/again.deb
	[ "$(version pl-tool)" = "installed 1.0" ]
	[ "$(inside cat /usr/share/pl-tool/link)" = 1.0 ]
	[ "$(inside stat -c '%a %U' /usr/share/pl-tool/version)" = '640 root' ]
	[ -z "$(ls "$world/upper/w/state")" ]

	# What is not there any more is left out, and told.
	run inside dash -c 'dash /w/repack.sh pl-fresh all 1.0 >/w/less.deb'
	[ "$status" -eq 0 ]
	[[ $output == *"left out, the host has it not: /usr/share/pl-fresh/link"* ]]
}

@test "files that another package diverts are taken from where they lie, removed configuration is left out" {
	inside dpkg-divert --package other --rename --divert /usr/share/pl-tool/version.real --add /usr/share/pl-tool/version
	echo theirs >"$world/upper/usr/share/pl-tool/version"
	inside rm /etc/pl-tool.conf
	inside sh -c 'dash /w/repack.sh pl-tool all 1.0 >/w/again.deb'
	[ "$(dpkg-deb --fsys-tarfile "$world/upper/w/again.deb" | tar -xO ./usr/share/pl-tool/version)" = 1.0 ]
	run ! dpkg-deb -I "$world/upper/w/again.deb" conffiles
}

@test "what is not installed in that version is not rebuilt" {
	run inside dash /w/repack.sh pl-tool all 1.1
	[ "$status" -eq 1 ]
	[[ $output == *"pl-tool 1.1 cannot be rebuilt: this host has it not; dpkg says 'installed 1.0 all'"* ]]
	run inside dash /w/repack.sh '../x' all 1.1
	[ "$status" -eq 1 ]
}
