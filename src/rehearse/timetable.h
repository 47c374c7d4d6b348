/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timetable.h - when an environment is rehearsed by itself: its rule, and the spans in which it is not.
 *
 * Layer: rehearse. Threads: any number may read one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct rehearse_policy;
struct timetable;

/**
 * Read the rule and the calendars that a policy names.
 *
 * @param policy  With a rule. Borrowed during the call only.
 * @param out     Freed with timetable_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such calendar), ERR_CORRUPT (it is none), ERR_USAGE.
 */
NODISCARD int timetable_read(
	const struct rehearse_policy *policy, struct timetable **out, struct error *err);

/* The last occurrence at or before a moment, and the next one after it; 0: none. */
int64_t timetable_last(const struct timetable *t, int64_t now);
int64_t timetable_next(const struct timetable *t, int64_t now);

/**
 * The span without rehearsals in which a moment lies.
 * @param until  When it is over.
 * @return Its name, borrowed from the timetable; NULL when there is none, `until` is then untouched.
 */
const char *timetable_freeze(const struct timetable *t, int64_t at, int64_t *until);

void timetable_free(struct timetable *t);
CLEANUP_FUNC(struct timetable *, timetable_free)
