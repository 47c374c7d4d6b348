/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "calendar/content_line_private.h"
#include "calendar/event_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What one event may ask for. */
enum {
	RULES_MAX = 20,
	STARTS_MAX = 20000, /* RDATE and EXDATE, each */
	SPAN_DAYS_MAX = 3660,
};

/* An event on its way: what is put together once all lines were read. */
struct event_reading {
	const struct zones *zones;
	struct event *event;
	const struct content_line *start, *end, *duration, *repeats; /* borrowed; NULL: none */
};

static int check_moment_type(
	const struct content_line *l, const struct moment *m, struct error *err)
{
	CLEANUP(free) char *type = content_parameter(l, "VALUE");
	const char *is = m->civil.is_date ? "DATE" : "DATE-TIME";

	/* VALUE=DATE is often left out, and what it is shows in the value. */
	if (type && strcasecmp(type, is) != 0)
		return error_set(err, ERR_CORRUPT, "VALUE=%.60s, and the value is a %s", type, is);
	return 0;
}

/* The one moment of a line. */
static int read_moment(const struct event_reading *r, const struct content_line *l,
	struct moment *out, struct error *err)
{
	static const char *const known[] = { "TZID", "VALUE", NULL };

	if (content_check_parameters(l, known, err) < 0 ||
		moment_read(r->zones, l, l->value, out, err) < 0)
		return -1;
	return check_moment_type(l, out, err);
}

static int read_start(struct event_reading *r, const struct content_line *l, struct error *err)
{
	r->start = l;
	return read_moment(r, l, &r->event->start, err);
}

static int read_end(struct event_reading *r, const struct content_line *l, struct error *err)
{
	(void)err;
	r->end = l;
	return 0;
}

static int read_duration(struct event_reading *r, const struct content_line *l, struct error *err)
{
	(void)err;
	r->duration = l;
	return 0;
}

static int read_uid(struct event_reading *r, const struct content_line *l, struct error *err)
{
	(void)err;
	r->event->uid = *l->value ? mem_strdup(l->value) : NULL;
	return 0;
}

/* A text of iCalendar, in which a backslash makes the next letter a plain one. */
static int read_summary(struct event_reading *r, const struct content_line *l, struct error *err)
{
	CLEANUP(str_done) struct str s = { 0 };

	(void)err;
	for (const char *at = l->value; *at; at++) {
		bool is_escape = *at == '\\' && at[1];

		at += is_escape;
		str_add_bytes(&s, is_escape && strchr("nN", *at) ? " " : at, 1);
	}
	if (s.size)
		r->event->name = str_take(&s);
	return 0;
}

static int read_event_status(
	struct event_reading *r, const struct content_line *l, struct error *err)
{
	r->event->is_cancelled = strcasecmp(l->value, "CANCELLED") == 0;
	if (r->event->is_cancelled || strcasecmp(l->value, "CONFIRMED") == 0 ||
		strcasecmp(l->value, "TENTATIVE") == 0)
		return 0;
	return error_set(err, ERR_CORRUPT,
		"'%.60s' is neither CONFIRMED nor TENTATIVE nor CANCELLED", l->value);
}

static int read_rule(struct event_reading *r, const struct content_line *l, struct error *err)
{
	struct event *e = r->event;

	r->repeats = l;
	if (e->rule_count == RULES_MAX)
		return error_set(err, ERR_CORRUPT, "more than %d", RULES_MAX);
	e->rules = mem_room(e->rules, e->rule_count, &e->rule_capacity, sizeof *e->rules);
	if (rule_read(l->value, &e->rules[e->rule_count], err) < 0)
		return -1;
	e->rule_count++;
	return 0;
}

/* "P1DT2H", as it counts: days and weeks by the calendar. */
static int read_length(const char *text, struct length *out, struct error *err)
{
	struct icaldurationtype d = icaldurationtype_from_string(text);
	struct length length = {
		.days = (int64_t)d.weeks * 7 + d.days,
		.seconds = (int64_t)d.hours * 3600 + (int64_t)d.minutes * 60 + d.seconds,
	};

	if (icaldurationtype_is_bad_duration(d) || !strpbrk(text, "Pp"))
		return error_set(err, ERR_CORRUPT, "'%.60s' is no duration", text);
	if (d.is_neg)
		return error_set(err, ERR_CORRUPT, "'%.60s' leads back in time", text);
	*out = length;
	return 0;
}

/* Something that takes no time would forbid nothing. */
static int check_length(const struct length *l, struct error *err)
{
	if (l->days < 0 || l->seconds < 0 || (!l->days && !l->seconds))
		return error_set(err, ERR_CORRUPT, "the span has no length");
	if (l->days > SPAN_DAYS_MAX || l->seconds > SPAN_DAYS_MAX * DAY)
		return error_set(
			err, ERR_CORRUPT, "the span is longer than %d days", SPAN_DAYS_MAX);
	return 0;
}

/* From a start to an end: days between dates; an end that is its start is that day, as many write it. */
static int measure(
	const struct moment *start, const struct moment *end, struct length *out, struct error *err)
{
	icaltimezone *utc = icaltimezone_get_utc_timezone();

	if (start->civil.is_date != end->civil.is_date)
		return error_set(err, ERR_CORRUPT,
			"of start and end, one is a date and the other has a time of day");
	if (!start->civil.is_date) {
		*out = (struct length){ .seconds = end->at - start->at };
		return check_length(out, err);
	}
	out->seconds = 0;
	out->days = (civil_to_utc(end->civil, utc) - civil_to_utc(start->civil, utc)) / DAY;
	out->days += !out->days;
	return check_length(out, err);
}

/* "19970101T180000Z/PT5H30M", or with an end. */
static int read_period(const struct event_reading *r, const struct content_line *l,
	const char *text, struct extra *out, struct error *err)
{
	const char *second = strchr(text, '/');
	CLEANUP(free) char *first = mem_strndup(text, second ? (size_t)(second - text) : 0);
	struct moment start, end;

	if (!second)
		return error_set(err, ERR_CORRUPT, "'%.60s' is no period", text);
	if (moment_read(r->zones, l, first, &start, err) < 0)
		return -1;
	*out = (struct extra){ .at = start.at, .has_length = true };
	if (strpbrk(second, "Pp"))
		return read_length(second + 1, &out->length, err) < 0
			       ? -1
			       : check_length(&out->length, err);
	return moment_read(r->zones, l, second + 1, &end, err) < 0
		       ? -1
		       : measure(&start, &end, &out->length, err);
}

static int add_extra(
	struct event_reading *r, const struct content_line *l, const char *text, struct error *err)
{
	CLEANUP(free) char *type = content_parameter(l, "VALUE");
	struct event *e = r->event;
	struct extra extra = { 0 };
	struct moment m = { 0 };

	if (type && strcasecmp(type, "PERIOD") == 0) {
		if (read_period(r, l, text, &extra, err) < 0)
			return -1;
	} else {
		if (moment_read(r->zones, l, text, &m, err) < 0 ||
			check_moment_type(l, &m, err) < 0)
			return -1;
		extra.at = m.at;
		/* A date of an event that has hours: all of that day. */
		extra.has_length = m.civil.is_date && !e->start.civil.is_date;
		extra.length.days = extra.has_length ? 1 : 0;
	}
	if (e->extra_count == STARTS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %d", STARTS_MAX);
	e->extras = mem_room(e->extras, e->extra_count, &e->extra_capacity, sizeof *e->extras);
	e->extras[e->extra_count++] = extra;
	return 0;
}

static int add_except(
	struct event_reading *r, const struct content_line *l, const char *text, struct error *err)
{
	struct event *e = r->event;
	struct moment m;

	if (moment_read(r->zones, l, text, &m, err) < 0 || check_moment_type(l, &m, err) < 0)
		return -1;
	if (e->except_count == STARTS_MAX)
		return error_set(err, ERR_CORRUPT, "more than %d", STARTS_MAX);
	e->except = mem_room(e->except, e->except_count, &e->except_capacity, sizeof *e->except);
	e->except[e->except_count++] = m;
	return 0;
}

/* Values with commas between them. */
static int read_list(struct event_reading *r, const struct content_line *l,
	int (*add)(
		struct event_reading *, const struct content_line *, const char *, struct error *),
	struct error *err)
{
	static const char *const known[] = { "TZID", "VALUE", NULL };
	CLEANUP(free) char *copy = mem_strdup(l->value);
	char *rest = copy;

	r->repeats = l;
	if (content_check_parameters(l, known, err) < 0)
		return -1;
	while (rest) {
		if (add(r, l, strsep(&rest, ","), err) < 0)
			return -1;
	}
	return 0;
}

static int read_extras(struct event_reading *r, const struct content_line *l, struct error *err)
{
	return read_list(r, l, add_extra, err);
}

static int read_excepts(struct event_reading *r, const struct content_line *l, struct error *err)
{
	return read_list(r, l, add_except, err);
}

static int read_original(struct event_reading *r, const struct content_line *l, struct error *err)
{
	static const char *const known[] = { "TZID", "VALUE", "RANGE", NULL };
	CLEANUP(free) char *range = content_parameter(l, "RANGE");
	struct event *e = r->event;

	e->has_original = true;
	e->is_from_then_on = range && strcasecmp(range, "THISANDFUTURE") == 0;
	if (range && !e->is_from_then_on)
		return error_set(err, ERR_CORRUPT, "RANGE=%.60s is not understood", range);
	if (content_check_parameters(l, known, err) < 0 ||
		moment_read(r->zones, l, l->value, &e->original, err) < 0)
		return -1;
	return check_moment_type(l, &e->original, err);
}

/* What may stand in an event. What says neither when nor whether has no function: it is ignored by intent. */
static const struct event_word {
	const char *name;
	int (*read)(struct event_reading *r, const struct content_line *l, struct error *err);
	bool is_once;
} event_words[] = {
	/* clang-format off */
	{ "DTSTART",       read_start,    true },
	{ "DTEND",         read_end,      true },
	{ "DURATION",      read_duration, true },
	{ "RECURRENCE-ID", read_original, true },
	{ "STATUS",        read_event_status,   true },
	{ "SUMMARY",       read_summary,  true },
	{ "UID",           read_uid,      true },
	{ "EXDATE",        read_excepts,  false },
	{ "RDATE",         read_extras,   false },
	{ "RRULE",         read_rule,     false },
	/* An event that leaves its people free (TRANSP) forbids all the same. */
	{ "TRANSP", NULL, false },
	{ "ATTACH", NULL, false }, { "ATTENDEE", NULL, false }, { "CATEGORIES", NULL, false },
	{ "CLASS", NULL, false }, { "COLOR", NULL, false }, { "COMMENT", NULL, false },
	{ "CONCEPT", NULL, false }, { "CONFERENCE", NULL, false }, { "CONTACT", NULL, false },
	{ "CREATED", NULL, false }, { "DESCRIPTION", NULL, false }, { "DTSTAMP", NULL, false },
	{ "GEO", NULL, false }, { "IMAGE", NULL, false }, { "LAST-MODIFIED", NULL, false },
	{ "LINK", NULL, false }, { "LOCATION", NULL, false }, { "ORGANIZER", NULL, false },
	{ "PRIORITY", NULL, false }, { "REFID", NULL, false }, { "RELATED-TO", NULL, false },
	{ "REQUEST-STATUS", NULL, false }, { "RESOURCES", NULL, false }, { "SEQUENCE", NULL, false },
	{ "SOURCE", NULL, false }, { "STRUCTURED-DATA", NULL, false },
	{ "STYLED-DESCRIPTION", NULL, false }, { "URL", NULL, false },
	/* clang-format on */
};
#define EVENT_WORD_COUNT (sizeof event_words / sizeof *event_words)

/* Components inside of an event that say nothing of when. */
static int check_inner(const struct content_line *l, struct error *err)
{
	static const char *const ignored[] = { "VALARM", "PARTICIPANT", "VLOCATION", "VRESOURCE" };

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		if (strcasecmp(ignored[i], l->value) == 0)
			return 0;
	}
	return strncasecmp(l->value, "X-", 2) == 0
		       ? 0
		       : content_refuse(l, "not understood in an event", err);
}

static int read_event_line(
	struct event_reading *r, const struct content_line *l, uint64_t *seen, struct error *err)
{
	size_t i = 0;

	while (i < EVENT_WORD_COUNT && !content_is(l, event_words[i].name))
		i++;
	if (i == EVENT_WORD_COUNT)
		return content_is(l, NULL) ? 0
					   : content_refuse(l, "not understood in an event", err);
	if (event_words[i].is_once && *seen & UINT64_C(1) << i)
		return content_refuse(l, "it is there twice", err);
	*seen |= UINT64_C(1) << i;
	if (event_words[i].read && event_words[i].read(r, l, err) < 0)
		return content_wrap(l, err);
	return 0;
}

static int read_event_lines(
	struct event_reading *r, const struct content *c, size_t begin, struct error *err)
{
	uint64_t seen = 0;

	/* What a date among the others means hangs on the start, wherever that stands. */
	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		if (content_is(&c->lines[i], "DTSTART") &&
			read_event_line(r, &c->lines[i], &seen, err) < 0)
			return -1;
	}
	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		const struct content_line *l = &c->lines[i];

		if (l->end ? check_inner(l, err) < 0
			   : !content_is(l, "DTSTART") && read_event_line(r, l, &seen, err) < 0)
			return -1;
	}
	return r->start ? 0 : content_refuse(&c->lines[begin], "an event without a start", err);
}

/* To its end, or as long as it says, or the one day of a date. */
static int measure_event(struct event_reading *r, struct error *err)
{
	struct event *e = r->event;
	struct moment end;

	if (r->end && r->duration)
		return content_refuse(r->duration, "there is a DTEND as well", err);
	if (r->end) {
		if (read_moment(r, r->end, &end, err) < 0 ||
			measure(&e->start, &end, &e->length, err) < 0)
			return content_wrap(r->end, err);
		return 0;
	}
	if (!r->duration)
		e->length.days = e->start.civil.is_date;
	else if (read_length(r->duration->value, &e->length, err) < 0)
		return content_wrap(r->duration, err);
	if (e->start.civil.is_date && e->length.seconds)
		return content_refuse(r->duration, "hours of an event of whole days", err);
	return check_length(&e->length, err) < 0
		       ? content_wrap(r->duration ? r->duration : r->start, err)
		       : 0;
}

/* RFC 5545 has times of day ignored in rules of whole days. */
static void forget_hours(struct event *e)
{
	for (size_t i = 0; e->start.civil.is_date && i < e->rule_count; i++) {
		e->rules[i].by_hour[0] = ICAL_RECURRENCE_ARRAY_MAX;
		e->rules[i].by_minute[0] = ICAL_RECURRENCE_ARRAY_MAX;
		e->rules[i].by_second[0] = ICAL_RECURRENCE_ARRAY_MAX;
	}
}

void event_add_turn(struct event *e, struct turn turn)
{
	e->turns = mem_room(e->turns, e->turn_count, &e->turn_capacity, sizeof *e->turns);
	e->turns[e->turn_count++] = turn;
}

static void set_first_turn(struct event *e)
{
	event_add_turn(e, (struct turn){ INT64_MIN, 0, e->length, e->name, e->is_cancelled });
}

int event_read(const struct zones *z, const struct content *c, size_t begin, struct event *e,
	struct error *err)
{
	struct event_reading r = { .zones = z, .event = e };

	e->line = c->lines[begin].number;
	if (read_event_lines(&r, c, begin, err) < 0 || measure_event(&r, err) < 0)
		return -1;
	if (e->has_original && (r.repeats || !e->uid))
		return content_refuse(r.repeats ? r.repeats : &c->lines[begin],
			"it replaces one start (RECURRENCE-ID), and then wants a UID and nothing that repeats it",
			err);
	if (!e->name)
		e->name = mem_strdup("an event without a summary");
	forget_hours(e);
	set_first_turn(e);
	return 0;
}

void event_set_days(struct event *e, const char *name, struct moment first, int64_t days)
{
	e->name = mem_strdup(name);
	e->start = first;
	e->length.days = days;
	set_first_turn(e);
}

void event_done(struct event *e)
{
	free(e->name);
	free(e->uid);
	free(e->rules);
	free(e->extras);
	free(e->except);
	free(e->turns);
}
