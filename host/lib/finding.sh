# SPDX-License-Identifier: Apache-2.0
# finding.sh - say what was found, in a form that people and programs read.

# Indent the lines of standard input so that they go on with the field above; empty ones are dropped.
fold_lines() {
	sed -e 's/[[:cntrl:]]/ /g' -e '/^[[:space:]]*$/d' -e 's/^[[:space:]]*/ /'
}

# finding CHECK SEVERITY WHAT [DO] - severity: note, warning or error.
finding() {
	printf 'Finding: %s\nSeverity: %s\nWhat:\n' "$1" "$2"
	printf '%s\n' "$3" | fold_lines
	if [ -n "${4-}" ]; then
		printf 'Do:\n'
		printf '%s\n' "$4" | fold_lines
	fi
	printf '\n'
}

findings_end() {
	printf 'Findings-End: yes\n\n'
}
