/* SPDX-License-Identifier: Apache-2.0 */
/*
 * busy.h - spans of time in which nothing is to happen: days, and the events of iCalendar texts.
 *
 * Layer: calendar. Threads: any number may read one busy.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct busy;
struct error;
struct recurrence;

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
 * Add the events of an iCalendar text, of one calendar or several. What is not understood in it is never free time.
 * @return 0, or -1 with err: ERR_CORRUPT (which line, and what is not understood there). The busy is as it was then.
 */
NODISCARD int busy_add_calendar(struct busy *b, const char *text, size_t size, struct error *err);

/**
 * Is a moment in one of the spans?
 * @param out  The one that ends last; may be NULL.
 */
bool busy_at(const struct busy *b, int64_t at, struct busy_span *out);

void busy_free(struct busy *b);
CLEANUP_FUNC(struct busy *, busy_free)
