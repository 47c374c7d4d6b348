/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar/busy.h"

#include "base/error.h"
#include "base/mem.h"
#include "calendar/recurrence_private.h"

#include <stdlib.h>
#include <string.h>

/* A VEVENT that its rules repeat, or one span of days. */
struct event {
	char *name;                       /* owned */
	struct icaltimetype start;        /* civil */
	icaltimezone *zone;               /* borrowed, from libical or from one of the calendars */
	int64_t days, seconds;            /* how long: one of the two */
	struct icalrecurrencetype *rules; /* owned */
	size_t rule_count, rule_capacity;
	int64_t *more, *except; /* owned: further starts, and starts that fall out */
	size_t more_count, more_capacity, except_count, except_capacity;
};

struct busy {
	icaltimezone *zone;
	struct event *events;
	size_t count, capacity;
	icalcomponent **calendars; /* owned; they own time zones */
	size_t calendar_count, calendar_capacity;
};
static void event_done(struct event *e)
{
	free(e->name);
	free(e->rules);
	free(e->more);
	free(e->except);
}

struct busy *busy_new(const struct recurrence *zone_of)
{
	struct busy *b = mem_new(1, sizeof *b);

	icalerror_set_errors_are_fatal(0);
	b->zone = zone_of->zone;
	return b;
}

static struct event *add_event(struct busy *b)
{
	b->events = mem_room(b->events, b->count, &b->capacity, sizeof *b->events);
	b->events[b->count] = (struct event){ .zone = b->zone };
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

	struct event *e = add_event(b);
	icaltimezone *utc = icaltimezone_get_utc_timezone();

	e->name = mem_strdup(days);
	e->start = start;
	e->days = (civil_to_utc(end, utc) - civil_to_utc(start, utc)) / DAY + 1;
	return 0;
}

/* A property's moment; its time zone is the calendar's, libical's or the busy's own. */
static int64_t moment(const struct busy *b, icalcomponent *event, icalproperty *p,
	struct icaltimetype *civil, icaltimezone **zone)
{
	struct icaltimetype t = icalproperty_get_datetime_with_component(p, event);
	/* libical lends zones as const and takes them as not. */
	icaltimezone *own = icaltime_is_date(t) ? NULL : (icaltimezone *)(uintptr_t)t.zone;

	if (icaltime_is_utc(t))
		own = icaltimezone_get_utc_timezone();
	*zone = own ? own : b->zone;
	t.zone = NULL;
	*civil = t;
	return civil_to_utc(t, *zone);
}

static void add_moments(const struct busy *b, icalcomponent *from, icalproperty_kind kind,
	int64_t **list, size_t *count, size_t *capacity)
{
	struct icaltimetype civil;
	icaltimezone *zone;

	for (icalproperty *p = icalcomponent_get_first_property(from, kind); p;
		p = icalcomponent_get_next_property(from, kind)) {
		*list = mem_room(*list, *count, capacity, sizeof **list);
		(*list)[(*count)++] = moment(b, from, p, &civil, &zone);
	}
}

/* How long: to DTEND, or DURATION, or the one day of a date, or nothing at all. */
static void measure(struct event *e, const struct busy *b, icalcomponent *from)
{
	icalproperty *end = icalcomponent_get_first_property(from, ICAL_DTEND_PROPERTY);
	icalproperty *duration = icalcomponent_get_first_property(from, ICAL_DURATION_PROPERTY);
	struct icaltimetype civil;
	icaltimezone *zone = NULL;

	if (end)
		e->seconds = moment(b, from, end, &civil, &zone) - civil_to_utc(e->start, e->zone);
	else if (duration)
		e->seconds = icaldurationtype_as_int(icalproperty_get_duration(duration));
	else if (e->start.is_date)
		e->seconds = DAY;
	if (e->start.is_date) {
		/* whole days, however long the clock's changes make them */
		e->days = (e->seconds + DAY / 2) / DAY;
		e->seconds = 0;
	}
}

static int add_rules(struct event *e, icalcomponent *from, struct error *err)
{
	for (icalproperty *p = icalcomponent_get_first_property(from, ICAL_RRULE_PROPERTY); p;
		p = icalcomponent_get_next_property(from, ICAL_RRULE_PROPERTY)) {
		const char *text = icalproperty_get_value_as_string(p);

		e->rules = mem_room(e->rules, e->rule_count, &e->rule_capacity, sizeof *e->rules);
		if (rule_read(text ? text : "", &e->rules[e->rule_count], err) < 0)
			return -1;
		e->rule_count++;
	}
	return 0;
}

static int read_event(struct busy *b, icalcomponent *from, struct error *err)
{
	icalproperty *start = icalcomponent_get_first_property(from, ICAL_DTSTART_PROPERTY);
	const char *summary = icalcomponent_get_summary(from);
	struct event *e = add_event(b);

	e->name = mem_strdup(summary && *summary ? summary : "an event without a summary");
	if (start)
		moment(b, from, start, &e->start, &e->zone);
	if (!start || icaltime_is_null_time(e->start) || e->start.year < YEAR_FIRST ||
		e->start.year > YEAR_LAST)
		return error_set(err, ERR_CORRUPT, "event '%.60s' has no start", e->name);
	measure(e, b, from);
	add_moments(b, from, ICAL_RDATE_PROPERTY, &e->more, &e->more_count, &e->more_capacity);
	add_moments(
		b, from, ICAL_EXDATE_PROPERTY, &e->except, &e->except_count, &e->except_capacity);
	if (add_rules(e, from, err) < 0) {
		err->kind = ERR_CORRUPT;
		return error_wrap(err, "event '%.60s'", e->name);
	}
	return 0;
}

static int read_events(struct busy *b, icalcomponent *calendar, struct error *err)
{
	for (icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
		c; c = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
		if (read_event(b, c, err) < 0)
			return -1;
	}
	return 0;
}

static void forget_events(struct busy *b, size_t from)
{
	for (size_t i = from; i < b->count; i++)
		event_done(&b->events[i]);
	b->count = from;
}

int busy_add_calendar(struct busy *b, const char *text, size_t size, struct error *err)
{
	CLEANUP(free) char *copy = mem_strndup(text, size);
	icalcomponent *calendar = icalparser_parse_string(copy);
	size_t before = b->count;

	if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT) {
		icalcomponent_free(calendar);
		return error_set(err, ERR_CORRUPT, "not one iCalendar text (BEGIN:VCALENDAR)");
	}
	if (read_events(b, calendar, err) < 0) {
		forget_events(b, before);
		icalcomponent_free(calendar);
		return -1;
	}
	b->calendars = mem_room(
		b->calendars, b->calendar_count, &b->calendar_capacity, sizeof *b->calendars);
	b->calendars[b->calendar_count++] = calendar;
	return 0;
}

static int64_t end_of(const struct event *e, int64_t start)
{
	struct icaltimetype t = utc_to_civil(start, e->zone);

	if (!e->days)
		return start + e->seconds;
	icaltime_adjust(&t, (int)e->days, 0, 0, 0);
	return civil_to_utc(t, e->zone);
}

/* Note the occurrence that starts then when it holds the moment and ends last of all. */
static void see(const struct event *e, int64_t start, int64_t at, struct busy_span *last)
{
	int64_t end = end_of(e, start);

	for (size_t i = 0; i < e->except_count; i++) {
		if (e->except[i] == start)
			return;
	}
	if (start <= at && at < end && end > last->end_at)
		*last = (struct busy_span){ start, end, e->name };
}

static void see_event(const struct event *e, int64_t at, struct busy_span *last)
{
	int64_t length = e->days ? (e->days + 1) * DAY : e->seconds;

	see(e, civil_to_utc(e->start, e->zone), at, last);
	for (size_t i = 0; i < e->more_count; i++)
		see(e, e->more[i], at, last);
	for (size_t i = 0; i < e->rule_count; i++) {
		CLEANUP(occurrences_end)
		struct occurrences w =
			occurrences_begin(&e->rules[i], e->start, e->zone, at - length, at);
		int64_t start = 0;

		while (occurrences_next(&w, &start) && start <= at)
			see(e, start, at, last);
	}
}

bool busy_at(const struct busy *b, int64_t at, struct busy_span *out)
{
	struct busy_span last = { 0 };

	for (size_t i = 0; i < b->count; i++)
		see_event(&b->events[i], at, &last);
	if (!last.name)
		return false;
	if (out)
		*out = last;
	return true;
}

void busy_free(struct busy *b)
{
	if (!b)
		return;
	forget_events(b, 0);
	free(b->events);
	for (size_t i = 0; i < b->calendar_count; i++)
		icalcomponent_free(b->calendars[i]);
	free(b->calendars);
	free(b);
}
