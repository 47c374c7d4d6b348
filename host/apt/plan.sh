# SPDX-License-Identifier: Apache-2.0
# plan.sh - compare the order with what is installed. Only reads.

# Both in one stream, as awk likes them: what is installed, an empty line, what the order says of packages.
packages_and_order() {
	packages_installed
	echo
	order_changes
}

# The packages that are on hold here and would have to change.
packages_held() {
	packages_and_order | awk '
		NF == 0 { asked = 1; next }
		!asked { if ($4 == "hold") hold[$1, $2] = $3; next }
		($2, $3) in hold && hold[$2, $3] != $5 { printf "%s%s", separator, $2; separator = ", " }'
}

# A line for each package that is neither where the plan starts from nor where it ends.
packages_drifted() {
	packages_and_order | awk '
		NF == 0 { asked = 1; next }
		!asked { have[$1, $2] = $3; next }
		{
			now = ($2, $3) in have ? have[$2, $3] : "-"
			if (now != $4 && now != $5)
				print $2 ":" $3 " is " word(now) " here; the plan was made for " word($4)
		}
		function word(version) { return version == "-" ? "not installed" : version }'
}

# A line for each package that is not what the order wants in the end.
packages_differing() {
	packages_and_order | awk '
		NF == 0 { asked = 1; next }
		!asked { have[$1, $2] = $3; state[$1, $2] = $5; next }
		$1 == "remove" {
			if (($2, $3) in have) print $2 ":" $3 " should not be installed, is " have[$2, $3]
			next
		}
		!(($2, $3) in have) { print $2 ":" $3 " should be " $5 ", is not installed"; next }
		have[$2, $3] != $5 { print $2 ":" $3 " should be " $5 ", is " have[$2, $3]; next }
		state[$2, $3] !~ /^(installed|triggers-)/ { print $2 ":" $3 " is " $5 " but " state[$2, $3] }'
}

# KiB that the plan may need where packages are unpacked: what is new, what grows, and the largest package once
# more, because new files lie beside the old ones for a moment.
packages_growth() {
	{
		packages_and_order
		echo
		cat "$(order_directory)/Packages" 2>/dev/null
	} | awk -v native="$(packages_native)" '
		NF == 0 && part < 2 { part++; next }
		part == 0 { size[$1, $2] = $6; next }
		part == 1 { wanted[$2, $3, $5] = $1 != "keep"; next }
		$1 == "Package:" { name = $2 }
		$1 == "Version:" { version = $2 }
		$1 == "Architecture:" { architecture = $2 == "all" ? native : $2 }
		$1 == "Installed-Size:" { kib = $2 }
		NF == 0 { count() }
		END { count(); printf "%.0f\n", grown + largest }
		function count() {
			if (wanted[name, architecture, version]) {
				if (kib > size[name, architecture]) grown += kib - size[name, architecture]
				if (kib > largest) largest = kib
			}
			name = ""; kib = 0
		}'
}
