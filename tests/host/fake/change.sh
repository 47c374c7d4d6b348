# SPDX-License-Identifier: Apache-2.0
# change.sh - install from INDEX.

packages_open() {
	mkdir -p "$private" && [ -s "$directory/INDEX" ]
}

packages_simulate() {
	{
		cat "$directory/INDEX"
		echo
		plan_left
	} | awk '
		NF == 0 { asked = 1; next }
		!asked { along[$1, $2] = $4; next }
		$1 == "remove" { print "remove", $2, $3 }
		$1 == "upgrade" || $1 == "new" || $1 == "downgrade" {
			print "install", $2, $3, $5
			if (along[$2, $5] != "") print "install", along[$2, $5], "any 1"
		}' | sort
}

packages_check_files() {
	plan_left | while read -r _ name _ _ version; do
		file=$(awk -v name="$name" -v version="$version" '$1 == name && $2 == version { print $3 }' "$directory/INDEX")
		[ "$(cat "$directory/$file")" = "$name $version" ] || { echo "$name $version: not in its file"; exit 1; }
	done
}

packages_install() {
	plan_left >"$private/left"
	awk 'FILENAME == ARGV[1] { word[$2] = $1; to[$2] = $5; next }
		!($1 in to) { print; next }
		word[$1] != "remove" { $2 = to[$1]; print }
		{ delete to[$1] }
		END { for (name in to) print name, to[name], "auto" }' "$private/left" "$PATCHLINE_ROOT/fake" >"$private/fake" &&
		mv "$private/fake" "$PATCHLINE_ROOT/fake" && sed 's/^/fake: /' "$private/left"
}

packages_recover() { :; }

packages_set_up_rest() { :; }

packages_remember_marks() { :; }

packages_restore_marks() { :; }

packages_forget_marks() { :; }
