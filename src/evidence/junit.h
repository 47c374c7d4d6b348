/* SPDX-License-Identifier: Apache-2.0 */
/*
 * junit.h - test results in JUnit's XML, as most test tools write it.
 *
 * The door to libxml2. Nothing is fetched and no document type is accepted, so that neither external
 * nor exploding entities are possible. Strict where it matters to a gate: a suite that announces more
 * tests or failures than it lists has failed, and so has one with an error of its own.
 * Layer: evidence. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct report;

#define JUNIT_SIZE_MAX ((size_t)16 * 1024 * 1024)

/**
 * Read a report: <testsuites> or <testsuite>, suites within suites allowed.
 *
 * @param text  Borrowed during the call only; any bytes.
 * @param out   An empty report; report_done(). Untouched on failure. Names are "classname.name";
 *              messages are what <failure>, <error> or <skipped> say, and behind a failure what
 *              <system-out> and <system-err> say.
 * @return 0, or -1 with err: ERR_CORRUPT (line and what: not XML, not JUnit, a document type, too
 *         many tests, too long).
 */
NODISCARD int junit_parse(const char *text, size_t size, struct report *out, struct error *err);
