#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Reports as real runners write them, each with its outcome (reports.txt); TAP is judged by perl's harness as well.
# REPORT_COUNTS comes from Meson.
bats_require_minimum_version 1.5.0

HERE=$BATS_TEST_DIRNAME

counts() { "$REPORT_COUNTS" "$1" "$HERE/reports/$2" | head -n 1; }

@test "each report is read as its line says" {
	local file wanted told wrong=''

	while read -r file wanted; do
		told=$(counts "$([[ $file == *.tap ]] && echo tap || echo junit)" "$file")
		[ "$told" = "$wanted" ] || wrong+="$file: '$told', not '$wanted'"$'\n'
	done < <(grep -v '^#' "$HERE/reports.txt")
	echo "$wrong"
	[ -z "$wrong" ]
}

@test "each report has its line" {
	[ "$(ls "$HERE/reports" | sort)" = "$(grep -v '^#' "$HERE/reports.txt" | cut -d ' ' -f 1 | sort)" ]
}

# Its reader of YAML blocks knows less than runners write: a report that it gives up for that is left out.
@test "perl's harness says the same of each TAP report" {
	local file failed wrong=''

	command -v prove >/dev/null || skip "prove is not installed: apt-get install perl"
	for file in "$HERE"/reports/*.tap; do
		failed=$(counts tap "${file##*/}" | cut -d ' ' -f 2)
		if prove -Q --exec cat "$file" >"$BATS_TEST_TMPDIR/prove" 2>&1; then
			[ "$failed" = 0 ] || wrong+="${file##*/}: prove takes it"$'\n'
		elif ! grep -q YAMLish "$BATS_TEST_TMPDIR/prove"; then
			[ "$failed" != 0 ] || wrong+="${file##*/}: prove fails it"$'\n'
		fi
	done
	echo "$wrong"
	[ -z "$wrong" ]
}

@test "a report as large as is promised is read" {
	{
		printf '<testsuite name="p" tests="1"><testcase name="x"><system-out><![CDATA['
		head -c 12000000 /dev/zero | tr '\0' A
		printf ']]></system-out></testcase></testsuite>'
	} >"$BATS_TEST_TMPDIR/large.xml"
	[ "$("$REPORT_COUNTS" junit "$BATS_TEST_TMPDIR/large.xml")" = "1 0 0" ]
}
