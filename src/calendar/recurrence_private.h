/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recurrence_private.h - civil time, rules and their occurrences, for the files of this room. The door to libical.
 *
 * All counting is done in civil time, without a zone, and only its results are turned into UTC. A NULL zone
 * stands for this machine's own, which the C library knows.
 * Layer: calendar, private to it. Threads: as recurrence.h says.
 */
#pragma once

#include "base/own.h"

#include <libical/ical.h>
#include <stdbool.h>
#include <stdint.h>

struct error;

#define DAY        ((int64_t)86400)
#define YEAR_FIRST 1970
#define YEAR_LAST  2199

struct recurrence {
	struct icalrecurrencetype rule;
	struct icaltimetype start; /* civil */
	icaltimezone *zone;        /* borrowed from libical; NULL: this machine's */
};

int64_t civil_to_utc(struct icaltimetype t, icaltimezone *zone);
struct icaltimetype utc_to_civil(int64_t at, icaltimezone *zone);

/**
 * Read a day, or a moment of one.
 *
 * @param format  As strptime() takes it.
 * @param end     Where reading stopped; NULL: the format has a day only.
 * @return 0, or -1 with err: ERR_USAGE.
 */
NODISCARD int civil_read(const char *text, const char *format, const char **end,
	struct icaltimetype *out, struct error *err);

/* "FREQ=DAILY", with or without "RRULE:" in front. ERR_USAGE says which part is wrong. */
NODISCARD int rule_read(const char *text, struct icalrecurrencetype *out, struct error *err);

/* A rule on its way through time. */
struct occurrences {
	icalrecur_iterator *iterator; /* owned; NULL: nothing comes */
	icaltimezone *zone;
	struct icaltimetype start; /* civil: what comes before it does not count */
	int left;                  /* of a COUNT; -1: no end */
};

/* Occurrences from about `from` (a day of grace for changes of the clock) to `until`. */
struct occurrences occurrences_begin(const struct icalrecurrencetype *rule,
	struct icaltimetype start, icaltimezone *zone, int64_t from, int64_t until);
bool occurrences_next(struct occurrences *w, int64_t *at);
void occurrences_end(struct occurrences *w);
CLEANUP_DONE(struct occurrences, occurrences_end)
