/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what a test suite told: its cases one by one, whatever form they came in.
 *
 * The counts always agree with the cases. Texts are safe to print on a terminal: control characters
 * that a hostile test might send are replaced.
 * Layer: evidence. Threads: one at a time per report.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;

#define REPORT_CASES_MAX   100000 /* more are refused */
#define REPORT_MESSAGE_MAX 4096   /* bytes kept of one message */
#define REPORT_NAME_MAX    500    /* bytes kept of one name */

enum case_outcome { CASE_PASSED, CASE_FAILED, CASE_SKIPPED, CASE_OUTCOME_COUNT };

struct test_case {
	char *name;    /* owned, never empty */
	char *message; /* owned, "" for none: why it failed or was skipped, in the test's own words */
	enum case_outcome outcome;
	int64_t ms; /* how long it took; 0 when not told */
};

/* Start with { 0 }. Release with report_done(). */
struct report {
	struct test_case *cases; /* owned */
	size_t count, capacity;
	size_t passed, failed, skipped;
};

/**
 * Append a case. The texts are copied, cut at their limits and cleaned.
 *
 * @param name     NULL or empty: "test <number>".
 * @param message  NULL for none.
 * @return 0, or -1 with err: ERR_CORRUPT (more than REPORT_CASES_MAX).
 */
NODISCARD int report_add(struct report *r, const char *name, enum case_outcome outcome,
	const char *message, struct error *err);

/* Change the last case's outcome to failed, when there is a case. */
void report_fail_last(struct report *r);

/* Change so many of the cases that passed to skipped, those from the index `from` on, the last ones first. */
void report_skip_passed(struct report *r, size_t from, size_t surplus);

/* Put another line under the last case's message, as far as it fits. */
void report_add_message(struct report *r, const char *line);

void report_done(struct report *r);
CLEANUP_DONE(struct report, report_done)
