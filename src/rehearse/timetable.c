/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/timetable.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "calendar/busy.h"
#include "calendar/recurrence.h"
#include "model/config.h"

#include <stdlib.h>

#define CALENDAR_MAX ((size_t)4 * 1024 * 1024)

struct timetable {
	struct recurrence *rule;
	struct busy *freezes;
};

static int add_calendar(struct timetable *t, const char *path, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (file_read(path, CALENDAR_MAX, &text, &size, err) < 0)
		return -1;
	if (busy_add_calendar(t->freezes, text, size, err) < 0)
		return error_wrap(err, "%s", path);
	return 0;
}

int timetable_read(const struct rehearse_policy *policy, struct timetable **out, struct error *err)
{
	CLEANUP(timetable_free) struct timetable *t = mem_new(1, sizeof *t);
	const char *from = *policy->from ? policy->from : RECURRENCE_FROM;

	if (recurrence_parse(policy->every, from, &t->rule, err) < 0)
		return -1;
	t->freezes = busy_new(t->rule);
	/* Paths are absolute after the configuration was read; an entry without a slash in front is days. */
	for (const char *const *one = policy->except; *one; one++) {
		int result = **one == '/' ? add_calendar(t, *one, err)
					  : busy_add_days(t->freezes, *one, err);

		if (result < 0)
			return error_wrap(err, "reading when not to rehearse");
	}
	*out = STEAL(&t);
	return 0;
}

int64_t timetable_last(const struct timetable *t, int64_t now)
{
	int64_t at = 0;

	return recurrence_last(t->rule, now, &at) ? at : 0;
}

int64_t timetable_next(const struct timetable *t, int64_t now)
{
	int64_t at = 0;

	return recurrence_next(t->rule, now, &at) ? at : 0;
}

const char *timetable_freeze(const struct timetable *t, int64_t at, int64_t *until)
{
	struct busy_span span = { 0 };

	if (!busy_at(t->freezes, at, &span))
		return NULL;
	*until = span.end_at;
	return span.name;
}

void timetable_free(struct timetable *t)
{
	if (!t)
		return;
	recurrence_free(t->rule);
	busy_free(t->freezes);
	free(t);
}
