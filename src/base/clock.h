/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clock.h - moments and durations: UTC seconds inside, RFC 3339 and "2h30m" outside.
 *
 * Layer: base. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>
#include <time.h>

struct error;

#define CLOCK_TEXT_SIZE 32

/* Seconds since 1970-01-01 UTC. */
int64_t clock_now(void);

/* Milliseconds since then, for moments that outlive the process. */
int64_t clock_now_ms(void);

/* Milliseconds that only go forward, for measuring how long something took. */
int64_t clock_monotonic_ms(void);

/* The moment that is so many milliseconds ahead on that clock: for a condition variable that waits by it. */
struct timespec clock_moment_after(int64_t ms);

/* "2026-11-23T08:15:00Z" into out; returns out. */
const char *clock_format(int64_t at, char out[CLOCK_TEXT_SIZE]);

/* Duration as people say it: "45s", "12m", "3h", "6d"; returns out. Negative counts as 0s. */
const char *clock_format_age(int64_t seconds, char out[CLOCK_TEXT_SIZE]);

/**
 * Read a duration: numbers with units s, m, h, d, w, e.g. "90s", "1h30m", "7d".
 * @return 0, or -1 with err: ERR_USAGE (what is wrong with the text).
 */
NODISCARD int clock_parse_duration(const char *text, int64_t *seconds, struct error *err);

/**
 * Read a date as HTTP and Debian Release files write it: "Sat, 21 Nov 2026 08:15:00 UTC", and in the two older
 * forms of HTTP, which apt reads too.
 * @return 0, or -1 with err: ERR_CORRUPT.
 */
NODISCARD int clock_parse_date(const char *text, int64_t *at, struct error *err);
