# SPDX-License-Identifier: Apache-2.0
# change.sh - install exactly the plan, from the staged set alone, through apt.
#
# The host's own source lists are neither read nor changed; its holds, pins and hooks of installing are respected. The program
# sets: directory (where the set is staged), private (a place of our own below it), patience (seconds). packages_open comes
# before packages_simulate, packages_check_files and packages_install.

DEBIAN_FRONTEND=noninteractive
APT_LISTCHANGES_FRONTEND=none
APT_LISTBUGS_FRONTEND=none
NEEDRESTART_MODE=l
UCF_FORCE_CONFFOLD=1
export DEBIAN_FRONTEND APT_LISTCHANGES_FRONTEND APT_LISTBUGS_FRONTEND NEEDRESTART_MODE UCF_FORCE_CONFFOLD

# with_apt COMMAND ARGUMENT... - run it under a configuration of our own; the command line wins over the
# host's files. A default release of the host's would name one that our source list has not.
with_apt() {
	command=$1
	shift
	"$command" \
		-o Dir::Etc::SourceList="$private/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$private/lists" \
		-o Dir::Cache="$private/cache" \
		-o APT::Default-Release= \
		-o APT::Install-Recommends=false \
		-o APT::Install-Suggests=false \
		-o APT::Get::AutomaticRemove=false \
		-o APT::Get::Always-Include-Phased-Updates=true \
		-o APT::Get::AllowUnauthenticated=false \
		-o Acquire::AllowInsecureRepositories=false \
		-o Acquire::AllowWeakRepositories=false \
		-o Acquire::Check-Valid-Until=false \
		-o Acquire::Languages=none \
		-o DPkg::Lock::Timeout="$patience" \
		-o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold \
		-o Dpkg::Use-Pty=0 \
		"$@"
}

# Read the staged repository, its signature checked against the staged key. From nothing each time: apt would go
# on with an index that it has read before.
packages_open() {
	key=$directory/key.asc
	[ -e "$key" ] || key=$directory/key.gpg
	rm -rf "$private/lists" "$private/cache"
	mkdir -p "$private/lists/partial" "$private/cache/archives/partial" || return 1
	printf 'deb [signed-by=%s] file:%s ./\n' "$key" "$directory" >"$private/sources.list"
	without_update_hooks >"$private/update.conf"
	with_apt apt-get -qq -c "$private/update.conf" -o APT::Get::List-Cleanup=true --error-on=any update &&
		arguments=$(change_arguments)
}

# What the host does after it has read its own sources is not for ours: command-not-found, appstream, a mail. Read behind all
# files of the host, which apt does with none but that of -c.
without_update_hooks() {
	for hooks in Pre-Invoke Post-Invoke Post-Invoke-Success; do
		printf '#clear APT::Update::%s;\n' "$hooks"
	done
}

# What is left of the plan in apt's words: NAME:ARCHITECTURE=VERSION, NAME:ARCHITECTURE- for what is to go. Kept packages are named too,
# or apt would take them along with others of their source. Nothing becomes older or goes, but on a way back by name.
change_arguments() {
	if ! order_is_return; then
		echo --no-remove
	else
		echo --allow-downgrades
		[ -n "$(order_lines remove)" ] || echo --no-remove
	fi
	plan_left | awk '{ print $2 ":" $3 ($1 == "remove" ? "-" : "=" $5) }'
}

# run_change OPTION... - the change, as apt-get is told how. Words of the order have no blanks and no wildcards.
run_change() (
	set -f
	# shellcheck disable=SC2086
	with_apt apt-get "$@" install $arguments
)

# What apt would do, in the form of plan_expected; false with apt's words when it cannot.
packages_simulate() {
	answer=$(run_change -s 2>&1) || {
		printf '%s\n' "$answer" | grep -E '^(E:|W:|The following|  | [^ ])' || printf '%s\n' "$answer"
		return 1
	}
	printf '%s\n' "$answer" | sed -n -e 's/^Remv \([^ :]*\):\([^ ]*\).*/remove \1 \2/p' -e 's/^Remv \([^ :]*\).*/remove \1 all/p' \
		-e 's/^Inst \([^ :]*\)[^ ]* \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) [^)]*\[\([^]]*\)\]).*/install \1 \4 \3/p' |
		sed -E "s/^((install|remove) [^ ]*) all( |$)/\1 $(packages_native)\3/" | sort
}

# Are all files there, and those that the signed index speaks of? apt looks without installing.
packages_check_files() {
	run_change -qq -y -d
}

packages_install() {
	run_change -y
}

# On the way back dpkg may have been cut off in the middle; apt does nothing before that is ended, well or badly.
packages_recover() {
	for journal in /var/lib/dpkg/updates/[0-9]*; do
		[ -e "$journal" ] || continue
		echo "dpkg was interrupted: it goes on first"
		dpkg --configure -a || echo "that failed; on the way back it need not work"
		return
	done
}

# What was unpacked and not set up, because another package failed, is set up where that goes. One that failed to be set
# up is not tried again.
packages_set_up_rest() {
	rest=$(plan_and_packages | awk -v native="$(packages_native)" '
		NF == 0 { asked = 1; next }
		!asked { if ($5 == "unpacked") left[$1, $2] = 1; next }
		($2, $3) in left { print ($3 == native ? $2 : $2 ":" $3) }')
	# shellcheck disable=SC2086
	[ -z "$rest" ] || dpkg --force-confdef --force-confold --configure $rest
}

# Keep in mind how each package of the plan is to be marked when all is done: as it is now, the new ones automatic.
# What a try that was cut off had kept in mind still counts, because it may have changed marks.
packages_remember_marks() {
	touch "$private/marks" || return 1
	{
		cat "$private/marks"
		apt-mark showauto | sed 's/^/now /'
		order_changes
	} | awk -v native="$(packages_native)" '
		$1 == "automatic" || $1 == "manual" { seen[$2] = 1; print; next }
		$1 == "now" { automatic[$2] = 1; next }
		$1 == "remove" { next }
		{ name = $3 == native ? $2 : $2 ":" $3 }
		!seen[name]++ { print ($1 == "new" || name in automatic ? "automatic" : "manual"), name }
		' >"$private/marks.new" && mv "$private/marks.new" "$private/marks"
}

# To be called after apt has run, however it ended.
packages_restore_marks() {
	{
		packages_installed
		echo
		cat "$private/marks"
	} | awk -v native="$(packages_native)" '
		NF == 0 { asked = 1; next }
		!asked { here[$2 == native ? $1 : $1 ":" $2] = 1; next }
		$1 == "automatic" && here[$2] { print $2 }' | xargs -r apt-mark auto >/dev/null
}

packages_forget_marks() {
	rm -f "$private/marks"
}
