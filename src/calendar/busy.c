/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar/busy.h"

#include "base/error.h"
#include "base/mem.h"
#include "calendar/content_line_private.h"
#include "calendar/event_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EVENTS_MAX 50000

struct busy {
	struct zones zones;
	struct event *events;
	size_t count, capacity;
};

struct busy *busy_new(const struct recurrence *zone_of)
{
	struct busy *b = mem_new(1, sizeof *b);

	icalerror_set_errors_are_fatal(0);
	b->zones.own = zone_of->zone;
	return b;
}

static struct event *add_event(struct busy *b)
{
	b->events = mem_room(b->events, b->count, &b->capacity, sizeof *b->events);
	b->events[b->count] = (struct event){ 0 };
	return &b->events[b->count++];
}

int busy_add_days(struct busy *b, const char *days, struct error *err)
{
	CLEANUP(free) char *first = mem_strndup(days, strcspn(days, "/"));
	const char *second = strchr(days, '/');
	struct icaltimetype start, end;
	static const char format[] = "%Y-%m-%d";

	if (!second || strlen(days) != sizeof "2026-12-20/2027-01-05" - 1)
		return error_set(err, ERR_USAGE,
			"'%.60s' is no span of days; want e.g. \"2026-12-20/2027-01-05\"", days);
	if (civil_read(first, format, NULL, &start, err) < 0 ||
		civil_read(second + 1, format, NULL, &end, err) < 0)
		return -1;
	if (icaltime_compare(end, start) < 0)
		return error_set(err, ERR_USAGE, "'%.60s' ends before it begins", days);

	icaltimezone *utc = icaltimezone_get_utc_timezone();
	struct moment from = { start, b->zones.own, civil_to_utc(start, b->zones.own), false };

	from.civil.is_date = 1;
	event_set_days(add_event(b), days, from,
		(civil_to_utc(end, utc) - civil_to_utc(start, utc)) / DAY + 1);
	return 0;
}

static int read_event(struct busy *b, const struct content *c, size_t begin, struct error *err)
{
	if (b->count == EVENTS_MAX)
		return content_refuse(&c->lines[begin], "too many events", err);
	return event_read(&b->zones, c, begin, add_event(b), err);
}

static int read_timezone(struct busy *b, const struct content *c, size_t begin, struct error *err)
{
	return zones_add(&b->zones, c, begin, err);
}

/*
 * In the order in which they are read. VFREEBUSY and VAVAILABILITY, which forbid as well, are not among them, and what is
 * not among them is refused.
 */
static const struct component {
	const char *name;
	int (*read)(struct busy *b, const struct content *c, size_t begin, struct error *err);
} components[] = {
	{ "VTIMEZONE", read_timezone },
	{ "VEVENT", read_event },
	{ "VTODO", NULL },
	{ "VJOURNAL", NULL },
};
#define COMPONENT_COUNT (sizeof components / sizeof *components)

/* A property of the calendar itself: the ones that say how its events are to be read. */
static int check_calendar_line(const struct content_line *l, struct error *err)
{
	static const struct {
		const char *name, *values[3]; /* no value: any, and it is ignored by intent */
	} words[] = {
		{ "VERSION", { "2.0" } },
		{ "CALSCALE", { "GREGORIAN" } },
		{ "METHOD", { "PUBLISH", "REQUEST" } },
		{ "PRODID", { NULL } },
		{ "NAME", { NULL } },
		{ "DESCRIPTION", { NULL } },
		{ "UID", { NULL } },
		{ "URL", { NULL } },
		{ "LAST-MODIFIED", { NULL } },
		{ "CATEGORIES", { NULL } },
		{ "REFRESH-INTERVAL", { NULL } },
		{ "SOURCE", { NULL } },
		{ "COLOR", { NULL } },
		{ "IMAGE", { NULL } },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const char *const *value = words[i].values;

		if (!content_is(l, words[i].name))
			continue;
		while (*value && strcasecmp(*value, l->value) != 0)
			value++;
		if (*value || !words[i].values[0])
			return 0;
		return error_set(err, ERR_CORRUPT, "line %u: %s:%.60s is not understood; want %s",
			l->number, words[i].name, l->value, words[i].values[0]);
	}
	return content_is(l, NULL) ? 0 : content_refuse(l, "not understood in a calendar", err);
}

static int check_component(const struct content_line *l, struct error *err)
{
	for (size_t i = 0; i < COMPONENT_COUNT; i++) {
		if (strcasecmp(components[i].name, l->value) == 0)
			return 0;
	}
	return strncasecmp(l->value, "X-", 2) == 0
		       ? 0
		       : content_refuse(l, "not understood in a calendar", err);
}

static int read_components(struct busy *b, const struct content *c, size_t begin,
	const struct component *wanted, struct error *err)
{
	for (size_t i = begin + 1; wanted->read && i < c->lines[begin].end;
		i = content_next(c, i)) {
		if (c->lines[i].end && strcasecmp(c->lines[i].value, wanted->name) == 0 &&
			wanted->read(b, c, i, err) < 0)
			return -1;
	}
	return 0;
}

static int read_calendar(struct busy *b, const struct content *c, size_t begin, struct error *err)
{
	if (strcasecmp(c->lines[begin].value, "VCALENDAR") != 0)
		return content_refuse(&c->lines[begin], "not in a calendar (BEGIN:VCALENDAR)", err);
	b->zones.first = b->zones.count;
	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		if ((c->lines[i].end ? check_component(&c->lines[i], err)
				     : check_calendar_line(&c->lines[i], err)) < 0)
			return -1;
	}
	for (size_t i = 0; i < COMPONENT_COUNT; i++) {
		if (read_components(b, c, begin, &components[i], err) < 0)
			return -1;
	}
	return 0;
}

static int read_calendars(struct busy *b, const struct content *c, struct error *err)
{
	size_t before = b->count;

	if (!c->count)
		return error_set(err, ERR_CORRUPT, "not one iCalendar text (BEGIN:VCALENDAR)");
	for (size_t i = 0; i < c->count; i = content_next(c, i)) {
		if (read_calendar(b, c, i, err) < 0)
			return -1;
	}
	return b->count == before ? 0 : events_link(b->events + before, b->count - before, err);
}

static void forget_events(struct busy *b, size_t from)
{
	for (size_t i = from; i < b->count; i++)
		event_done(&b->events[i]);
	b->count = from;
}

int busy_add_calendar(struct busy *b, const char *text, size_t size, struct error *err)
{
	CLEANUP(content_done) struct content c = { 0 };
	size_t events_before = b->count, zones_before = b->zones.count;

	if (content_read(text, size, &c, err) < 0)
		return -1;
	if (read_calendars(b, &c, err) < 0) {
		forget_events(b, events_before);
		zones_forget(&b->zones, zones_before);
		return -1;
	}
	return 0;
}

static int64_t end_of(const struct event *e, int64_t start, const struct length *length)
{
	struct icaltimetype t = utc_to_civil(start, e->start.zone);

	if (!length->days)
		return start + length->seconds;
	icaltime_adjust(&t, (int)length->days, 0, 0, 0);
	return civil_to_utc(t, e->start.zone) + length->seconds;
}

/* A start as it is after a turn. */
static int64_t moved(const struct event *e, int64_t start, int64_t shift)
{
	struct icaltimetype t = utc_to_civil(start, e->start.zone);

	if (!shift)
		return start;
	icaltime_adjust(&t, (int)(shift / DAY), 0, 0, (int)(shift % DAY));
	return civil_to_utc(t, e->start.zone);
}

static bool is_same_day(const struct icaltimetype *a, const struct icaltimetype *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

/* A date takes all starts of its day; of an event of whole days, a local time of day says no more than its date. */
static bool falls_out(const struct event *e, int64_t start)
{
	struct icaltimetype civil = utc_to_civil(start, e->start.zone);

	for (size_t i = 0; i < e->except_count; i++) {
		const struct moment *m = &e->except[i];
		bool is_by_day = m->civil.is_date || (e->start.civil.is_date && !m->is_utc);

		if (is_by_day ? is_same_day(&m->civil, &civil) : m->at == start)
			return true;
	}
	return false;
}

/* The turn that counts for a start. */
static const struct turn *turn_of(const struct event *e, int64_t start)
{
	const struct turn *found = &e->turns[0];

	for (size_t i = 1; i < e->turn_count; i++) {
		if (e->turns[i].from <= start && e->turns[i].from >= found->from)
			found = &e->turns[i];
	}
	return found;
}

/* What is looked for: the span that holds a moment and ends last of all. */
struct search {
	int64_t at;
	const struct event *event;
	const struct turn *turn; /* of the event, the starts of which are walked through */
	struct busy_span last;
};

static void see(struct search *s, int64_t start, const struct length *length)
{
	int64_t begin = moved(s->event, start, s->turn->shift);
	int64_t end = end_of(s->event, begin, length);

	if (begin > s->at || s->at >= end || end <= s->last.end_at ||
		turn_of(s->event, start) != s->turn || falls_out(s->event, start))
		return;
	s->last = (struct busy_span){ begin, end, s->turn->name };
}

static void see_turn(struct search *s)
{
	const struct event *e = s->event;
	const struct length *length = &s->turn->length;
	/* A day of grace for changes of the clock. */
	int64_t until = s->at - s->turn->shift + DAY;
	int64_t from = until - (length->days + 2) * DAY - length->seconds;

	see(s, e->start.at, length);
	for (size_t i = 0; i < e->extra_count; i++)
		see(s, e->extras[i].at, e->extras[i].has_length ? &e->extras[i].length : length);
	for (size_t i = 0; i < e->rule_count; i++) {
		CLEANUP(occurrences_end)
		struct occurrences w =
			occurrences_begin(&e->rules[i], e->start.civil, e->start.zone, from, until);
		int64_t start = 0;

		while (occurrences_next(&w, &start) && start <= until)
			see(s, start, length);
	}
}

bool busy_at(const struct busy *b, int64_t at, struct busy_span *out)
{
	struct search s = { .at = at };

	for (size_t i = 0; i < b->count; i++) {
		s.event = &b->events[i];
		for (size_t k = 0; k < s.event->turn_count; k++) {
			s.turn = &s.event->turns[k];
			if (!s.turn->is_cancelled)
				see_turn(&s);
		}
	}
	if (s.last.name && out)
		*out = s.last;
	return s.last.name;
}

void busy_free(struct busy *b)
{
	if (!b)
		return;
	forget_events(b, 0);
	free(b->events);
	zones_forget(&b->zones, 0);
	free(b->zones.items);
	free(b);
}
