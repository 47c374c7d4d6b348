/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "calendar/event_private.h"

#include <string.h>

#define CHANGES_MAX 30000 /* starts of one event that others replace, or that fall out */

/* By UID; of one UID the event itself before those that replace starts of it, and these in the order of their starts. */
static int compare_events(const void *a, const void *b)
{
	const struct event *one = a, *other = b;
	int order = strcmp(one->uid ? one->uid : "", other->uid ? other->uid : "");

	if (!order)
		order = one->has_original - other->has_original;
	if (!order)
		order = (one->original.at > other->original.at) -
			(one->original.at < other->original.at);
	return order ? order : (one->line > other->line) - (one->line < other->line);
}

/* The first moment that is meant; a day begins where the event is. */
static int64_t original_at(const struct event *of, const struct event *by)
{
	return by->original.civil.is_date ? civil_to_utc(by->original.civil, of->start.zone)
					  : by->original.at;
}

/* How far an event's starts are moved, on its own clock. */
static int64_t civil_shift(const struct event *of, const struct event *by)
{
	icaltimezone *utc = icaltimezone_get_utc_timezone();
	struct icaltimetype before = utc_to_civil(original_at(of, by), of->start.zone);
	struct icaltimetype after = utc_to_civil(by->start.at, of->start.zone);

	return civil_to_utc(after, utc) - civil_to_utc(before, utc);
}

static int replace_start(struct event *of, const struct event *by, struct error *err)
{
	if (of->except_count + of->turn_count > CHANGES_MAX)
		return error_set(err, ERR_CORRUPT,
			"line %u: more than %d EXDATE and RECURRENCE-ID of one event", by->line,
			CHANGES_MAX);
	if (by->is_from_then_on) {
		event_add_turn(of, (struct turn){ original_at(of, by), civil_shift(of, by),
					   by->length, by->name, by->is_cancelled });
		return 0;
	}
	of->except =
		mem_room(of->except, of->except_count, &of->except_capacity, sizeof *of->except);
	of->except[of->except_count++] = by->original;
	return 0;
}

/* All events of one UID. One that replaces a start of nothing here stands for itself, as in an invitation. */
static int link_uid(struct event *events, size_t count, struct error *err)
{
	size_t plain = 0;

	while (plain < count && !events[plain].has_original)
		plain++;
	for (size_t i = plain; i < count; i++) {
		if (plain > 1)
			return error_set(err, ERR_CORRUPT,
				"line %u: RECURRENCE-ID: of which of the %zu events of its UID?",
				events[i].line, plain);
		if (!plain && events[i].is_from_then_on)
			return error_set(err, ERR_CORRUPT,
				"line %u: RANGE=THISANDFUTURE of an event that is not in the calendar",
				events[i].line);
		if (plain && replace_start(&events[0], &events[i], err) < 0)
			return -1;
	}
	return 0;
}

int events_link(struct event *events, size_t count, struct error *err)
{
	size_t end;

	mem_sort(events, count, sizeof *events, compare_events);
	for (size_t i = 0; i < count; i = end) {
		end = i + 1;
		while (end < count && events[i].uid && events[end].uid &&
			strcmp(events[i].uid, events[end].uid) == 0)
			end++;
		if (link_uid(&events[i], end - i, err) < 0)
			return -1;
	}
	return 0;
}
