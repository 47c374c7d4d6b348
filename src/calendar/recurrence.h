/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recurrence.h - moments that come back by a rule (RFC 5545), and spans of time in which nothing is to happen.
 *
 * The door to libical. A rule counts in a time zone: that of its first moment as written. Days and
 * times that name no zone of their own are read in it, so that "05:00" stays 05:00 in summer.
 * Rules finer than hours are refused, and a rule that is silent for ten years counts as ended.
 * Layer: calendar. Threads: any number may read one rule or one busy.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct busy;
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

/* One span of a busy. */
struct busy_span {
	int64_t start_at, end_at; /* the end is free again */
	const char *name; /* an event's summary, or the days as written; borrowed from the busy */
};

/* No spans yet. Days and times without a zone are read in the rule's. Freed with busy_free(). */
struct busy *busy_new(const struct recurrence *zone_of);

/**
 * Add days: "2026-12-20/2027-01-05", both included.
 * @return 0, or -1 with err: ERR_USAGE.
 */
NODISCARD int busy_add_days(struct busy *b, const char *days, struct error *err);

/**
 * Add the events of an iCalendar text, with their RRULE, RDATE and EXDATE.
 * @return 0, or -1 with err: ERR_CORRUPT (no calendar, an event without a start or with a rule that
 *         cannot be read). The busy is as it was then.
 */
NODISCARD int busy_add_calendar(struct busy *b, const char *text, size_t size, struct error *err);

/**
 * Is a moment in one of the spans?
 * @param out  The one that ends last; may be NULL.
 */
bool busy_at(const struct busy *b, int64_t at, struct busy_span *out);

void busy_free(struct busy *b);
CLEANUP_FUNC(struct busy *, busy_free)
