# SPDX-License-Identifier: Apache-2.0
# plan.sh - compare the order with what is installed. Only reads. Needs order.sh and a package manager.

# Both in one stream, as awk likes them: what is installed, an empty line, what the order says of packages.
plan_and_packages() {
	packages_installed
	echo
	order_changes
}

# The packages that are on hold or pinned here and would have to change.
plan_held() {
	{
		packages_pinned "$(packages_native)"
		echo
		plan_and_packages
	} | awk '
		NF == 0 { part++; next }
		part == 0 { pinned[$1, $2] = " (pinned)"; next }
		part == 1 { if ($4 == "hold" || ($1, $2) in pinned) stays[$1, $2] = $3; next }
		($2, $3) in stays && stays[$2, $3] != $5 { printf "%s%s%s", separator, $2, pinned[$2, $3]; separator = ", " }'
}

# A line for each package that is neither where the plan starts from nor where it ends.
plan_drifted() {
	plan_and_packages | awk '
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
plan_differing() {
	plan_and_packages | awk '
		NF == 0 { asked = 1; next }
		!asked { have[$1, $2] = $3; state[$1, $2] = $5; next }
		$1 == "remove" {
			if (($2, $3) in have) print $2 ":" $3 " should not be installed, is " have[$2, $3]
			next
		}
		!(($2, $3) in have) { print $2 ":" $3 " should be " $5 ", is not installed"; next }
		have[$2, $3] != $5 { print $2 ":" $3 " should be " $5 ", is " have[$2, $3]; next }
		state[$2, $3] != "installed" { print $2 ":" $3 " is " $5 " but " state[$2, $3] }'
}

# The part of the plan that is not done yet. A package that was unpacked but not set up is not done, and one that
# is to go is there as long as any of its files may be.
plan_left() {
	plan_and_packages | awk '
		NF == 0 { asked = 1; next }
		!asked { here[$1, $2] = 1; if ($5 == "installed") have[$1, $2] = $3; next }
		$1 == "remove" { if (($2, $3) in here) print; next }
		$1 == "keep" || have[$2, $3] != $5'
}

# What is still to be done, a line each: "install NAME ARCHITECTURE VERSION", "remove NAME ARCHITECTURE".
plan_expected() {
	plan_left | awk '
		$1 == "remove" { print "remove", $2, $3; next }
		$1 != "keep" { print "install", $2, $3, $5 }' | sort
}
