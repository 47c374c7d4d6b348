/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tap.h - test results in the Test Anything Protocol, versions 12 to 14.
 *
 * Strict where it matters to a gate: a missing plan, a wrong count, a number given twice and a subtest
 * that failed under a test that passed are failures of their own, named "plan" or by the test.
 * "not ok ... # TODO" counts as skipped, "not ok ... # SKIP" as failed. YAML blocks, comments behind a
 * failed test and the names of failed subtests become its message. Other lines are passed over.
 * Layer: evidence. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct report;

#define TAP_SIZE_MAX ((size_t)16 * 1024 * 1024)

/**
 * Read what a suite printed.
 *
 * @param text  Borrowed during the call only; any bytes.
 * @param out   An empty report; report_done(). Untouched on failure. A suite that skips itself as a
 *              whole ("1..0 # SKIP no database") gives one skipped case.
 * @return 0, or -1 with err: ERR_CORRUPT (line and what: another version, too many tests, too long).
 */
NODISCARD int tap_parse(const char *text, size_t size, struct report *out, struct error *err);
