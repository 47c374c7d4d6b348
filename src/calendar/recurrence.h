/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recurrence.h - moments that come back by a rule (RFC 5545).
 *
 * A rule counts in a time zone: that of its first moment as written. Days and
 * times that name no zone of their own are read in it, so that "05:00" stays 05:00 in summer.
 * Rules finer than hours are refused, and a rule that is silent for ten years counts as ended.
 * Layer: calendar. Threads: any number may read one rule.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct recurrence;

/* What is meant when no first moment is written: a Monday, 00:00 UTC. */
#define RECURRENCE_FROM "2024-01-01T00:00:00Z"

/**
 * Read a rule.
 *
 * @param rule  "FREQ=DAILY;BYHOUR=5;BYMINUTE=0", with or without "RRULE:" in front.
 * @param from  The first moment, from which intervals are counted and from which the parts come that
 *              the rule leaves out: "2026-01-01T05:00:00Z" (UTC), "2026-01-01T05:00:00 Europe/Berlin",
 *              "2026-01-01T05:00:00" (this machine's zone).
 * @param out   Freed with recurrence_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (what is wrong with which; the rule never happens).
 */
NODISCARD int recurrence_parse(
	const char *rule, const char *from, struct recurrence **out, struct error *err);

/* The first occurrence after a moment, and the last one at or before it. False: there is none. */
bool recurrence_next(const struct recurrence *r, int64_t after, int64_t *at);
bool recurrence_last(const struct recurrence *r, int64_t until, int64_t *at);

void recurrence_free(struct recurrence *r);
CLEANUP_FUNC(struct recurrence *, recurrence_free)
