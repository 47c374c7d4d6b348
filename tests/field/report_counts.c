/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_counts - how a test report is read: prints "PASSED FAILED SKIPPED", or "refused".
 *
 *	report_counts junit|tap FILE
 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "evidence/junit.h"
#include "evidence/report.h"
#include "evidence/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	CLEANUP(report_done) struct report r = { 0 };
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };
	size_t size = 0;

	if (argc != 3 || file_read(argv[2], JUNIT_SIZE_MAX, &text, &size, &err) < 0) {
		fprintf(stderr, "usage: report_counts junit|tap FILE: %s\n", err.text);
		return 2;
	}

	int result = strcmp(argv[1], "tap") == 0 ? tap_parse(text, size, &r, &err)
						 : junit_parse(text, size, &r, &err);

	if (result < 0)
		printf("refused: %s\n", err.text);
	else
		printf("%zu %zu %zu\n", r.passed, r.failed, r.skipped);
	for (size_t i = 0; i < r.count; i++) {
		if (r.cases[i].outcome == CASE_FAILED)
			printf("# %s: %.*s\n", r.cases[i].name,
				(int)strcspn(r.cases[i].message, "\n"), r.cases[i].message);
	}
	return 0;
}
