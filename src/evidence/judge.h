/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge.h - from what a suite left behind to an outcome with a reason.
 *
 * Pure. Layer: evidence. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct suite;
struct suite_result;

/* What a suite left behind. Borrowed. */
struct suite_end {
	int exit_status;
	bool is_timed_out;
	bool is_truncated;  /* it printed more than was read */
	const char *output; /* standard output; with errors in it unless the format is TAP */
	size_t output_size;
	const char *errors; /* standard error, when apart; "" for none */
	const char *report; /* of a JUnit suite; NULL: it wrote none */
	size_t report_size;
};

/* Fill outcome, reason, output, is_cut, exit_status and report of an empty result. */
void judge_suite(const struct suite *suite, const struct suite_end *end, struct suite_result *out);
