/* SPDX-License-Identifier: Apache-2.0 */
#include "calendar/recurrence.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "calendar/recurrence_private.h"
#include "calendar/zone_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RULE_SIZE_MAX 500
#define HORIZON       (3660 * DAY) /* a rule that is silent for longer has ended */

int64_t civil_to_utc(struct icaltimetype t, icaltimezone *zone)
{
	struct tm parts = {
		.tm_year = t.year - 1900,
		.tm_mon = t.month - 1,
		.tm_mday = t.day,
		.tm_hour = t.is_date ? 0 : t.hour,
		.tm_min = t.is_date ? 0 : t.minute,
		.tm_sec = t.is_date ? 0 : t.second,
		.tm_isdst = -1,
	};

	if (!zone)
		return (int64_t)mktime(&parts);
	t.is_date = 0;
	t.hour = parts.tm_hour;
	t.minute = parts.tm_min;
	t.second = parts.tm_sec;
	return (int64_t)icaltime_as_timet_with_zone(t, zone);
}

static struct icaltimetype parts_to_civil(const struct tm *parts)
{
	struct icaltimetype t = icaltime_null_time();

	t.year = parts->tm_year + 1900;
	t.month = parts->tm_mon + 1;
	t.day = parts->tm_mday;
	t.hour = parts->tm_hour;
	t.minute = parts->tm_min;
	t.second = parts->tm_sec;
	return t;
}

struct icaltimetype utc_to_civil(int64_t at, icaltimezone *zone)
{
	time_t when = (time_t)at;
	struct tm parts = { 0 };
	struct icaltimetype t;

	if (!zone) {
		localtime_r(&when, &parts);
		return parts_to_civil(&parts);
	}
	t = icaltime_from_timet_with_zone(when, 0, zone);
	t.zone = NULL;
	return t;
}

/*
 * Where a rule can begin as well: whole intervals later, before `to`. Rules with a COUNT must be walked
 * from their start; months and years are of different lengths, but few. (libical's own way to jump
 * loses count of intervals.)
 */
static struct icaltimetype later_start(
	const struct icalrecurrencetype *rule, struct icaltimetype start, struct icaltimetype to)
{
	int64_t unit = rule->freq == ICAL_HOURLY_RECURRENCE   ? 3600
		       : rule->freq == ICAL_DAILY_RECURRENCE  ? DAY
		       : rule->freq == ICAL_WEEKLY_RECURRENCE ? 7 * DAY
							      : 0;
	icaltimezone *utc = icaltimezone_get_utc_timezone();
	int64_t at = civil_to_utc(start, utc), gap = civil_to_utc(to, utc) - at;
	int64_t step = unit * rule->interval;
	struct icaltimetype later;

	if (!step || rule->count || gap <= 0)
		return start;
	later = utc_to_civil(at + gap / step * step, utc);
	later.is_date = start.is_date;
	return later;
}

/*
 * The first of a weekly rule's days in its week, one interval before the week of its start. Begun on
 * another day, libical counts the weeks of a rule for Sundays from the week before.
 */
static struct icaltimetype first_weekday(
	const struct icalrecurrencetype *rule, struct icaltimetype start)
{
	int week_start = (int)rule->week_start, first = 7;

	if (rule->freq != ICAL_WEEKLY_RECURRENCE || rule->by_day[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return start;
	for (size_t i = 0; rule->by_day[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
		int day = (int)icalrecurrencetype_day_day_of_week(rule->by_day[i]);
		int offset = (day + 7 - week_start) % 7;

		first = offset < first ? offset : first;
	}
	icaltime_adjust(&start,
		first - (icaltime_day_of_week(start) + 7 - week_start) % 7 - 7 * rule->interval, 0,
		0, 0);
	return start;
}

/* Occurrences from about `from` (a day of grace for changes of the clock) to `until`. */
struct occurrences occurrences_begin(const struct icalrecurrencetype *rule,
	struct icaltimetype start, icaltimezone *zone, int64_t from, int64_t until)
{
	struct icalrecurrencetype limited = *rule;
	struct icaltimetype last = utc_to_civil(until + DAY, zone);
	struct icaltimetype first = utc_to_civil(from - DAY, zone);
	struct occurrences w = { NULL, zone, start, rule->count ? rule->count : -1 };

	/* UNTIL may be written in UTC; without a zone it is civil already. */
	if (icaltime_is_utc(limited.until))
		limited.until = utc_to_civil(
			civil_to_utc(limited.until, icaltimezone_get_utc_timezone()), zone);
	if (icaltime_is_null_time(limited.until) || icaltime_compare(last, limited.until) < 0)
		limited.until = last;
	limited.count = 0;
	w.iterator = icalrecur_iterator_new(
		limited, later_start(rule, first_weekday(rule, start), first));
	return w;
}

bool occurrences_next(struct occurrences *w, int64_t *at)
{
	struct icaltimetype t;

	if (!w->iterator || w->left == 0)
		return false;
	do
		t = icalrecur_iterator_next(w->iterator);
	while (!icaltime_is_null_time(t) && icaltime_compare(t, w->start) < 0);
	if (icaltime_is_null_time(t))
		return false;
	if (w->left > 0)
		w->left--;
	*at = civil_to_utc(t, w->zone);
	return true;
}

void occurrences_end(struct occurrences *w)
{
	if (w->iterator)
		icalrecur_iterator_free(w->iterator);
	w->iterator = NULL;
}
static int check_part(const char *part, struct error *err)
{
	static const char *const known[] = { "FREQ", "UNTIL", "COUNT", "INTERVAL", "BYSECOND",
		"BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH",
		"BYSETPOS", "WKST", NULL };
	size_t length = strcspn(part, "=");
	CLEANUP(free) char *name = mem_strndup(part, length);
	CLEANUP(free) char *rule = mem_printf("FREQ=DAILY;%s", part);

	for (size_t i = 0; known[i]; i++) {
		if (strcasecmp(known[i], name) != 0)
			continue;
		if (part[length] &&
			(i == 0 || icalrecurrencetype_from_string(rule).freq != ICAL_NO_RECURRENCE))
			return 0;
		return error_set(err, ERR_USAGE, "'%.60s' is wrong in a rule of RFC 5545", part);
	}

	const char *near = str_nearest(name, known);

	return error_set(err, ERR_USAGE, "rules of RFC 5545 have no '%.60s'%s%s%s", name,
		near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Find the part that is wrong, so that the error can name it; libical only says that there is one. */
static int check_parts(const char *rule, struct error *err)
{
	CLEANUP(free) char *copy = mem_strdup(rule);
	char *rest = NULL;

	for (char *part = strtok_r(copy, ";", &rest); part; part = strtok_r(NULL, ";", &rest)) {
		if (check_part(part, err) < 0)
			return -1;
	}
	return 0;
}

int rule_read(const char *text, struct icalrecurrencetype *out, struct error *err)
{
	if (strncasecmp(text, "RRULE:", 6) == 0)
		text += 6;
	if (strlen(text) > RULE_SIZE_MAX)
		return error_set(err, ERR_USAGE, "a rule of more than %d letters", RULE_SIZE_MAX);
	icalerror_set_errors_are_fatal(0);
	if (check_parts(text, err) < 0)
		return -1;

	struct icalrecurrencetype rule = icalrecurrencetype_from_string(text);

	if (rule.freq == ICAL_NO_RECURRENCE)
		return error_set(err, ERR_USAGE,
			"'%.100s' is not a rule of RFC 5545; want e.g. \"FREQ=DAILY;BYHOUR=5;BYMINUTE=0\"",
			text);
	if (rule.freq == ICAL_SECONDLY_RECURRENCE || rule.freq == ICAL_MINUTELY_RECURRENCE)
		return error_set(err, ERR_USAGE, "'%.100s' is finer than FREQ=HOURLY", text);
	/* libical takes such hours as more occurrences, the RFC as fewer. */
	if (rule.freq == ICAL_HOURLY_RECURRENCE && rule.by_hour[0] != ICAL_RECURRENCE_ARRAY_MAX)
		return error_set(err, ERR_USAGE,
			"'%.100s' has FREQ=HOURLY and BYHOUR; hours of the day are FREQ=DAILY;BYHOUR=3,4",
			text);
	*out = rule;
	return 0;
}

/* "", "Z" or " Europe/Berlin". */
static int read_zone(const char *text, icaltimezone **out, struct error *err)
{
	const char *name = str_starts(text, " ") ? text + 1 : text;
	icaltimezone *zone = NULL;

	if (!*text || strcmp(text, "Z") == 0) {
		*out = *text ? icaltimezone_get_utc_timezone() : NULL;
		return 0;
	}
	if (name != text)
		zone = zone_builtin(name);
	if (!zone)
		return error_set(err, ERR_USAGE,
			"there is no time zone '%.60s'; want e.g. \"Z\" or \" Europe/Berlin\" after the time",
			name);
	*out = zone;
	return 0;
}

int civil_read(const char *text, const char *format, const char **end, struct icaltimetype *out,
	struct error *err)
{
	struct tm parts = { 0 }, again;
	const char *rest = isdigit((unsigned char)*text) ? strptime(text, format, &parts) : NULL;

	again = parts;
	/* 30 February turns into a day of March on the way. */
	if (!rest || parts.tm_year + 1900 < YEAR_FIRST || parts.tm_year + 1900 > YEAR_LAST ||
		timegm(&again) < 0 || again.tm_mday != parts.tm_mday)
		return error_set(err, ERR_USAGE, "'%.60s' is not a date%s; want e.g. %s", text,
			end ? " and time" : "",
			end ? "\"2026-01-01T05:00:00Z\"" : "\"2026-12-20/2027-01-05\"");
	if (end)
		*end = rest;
	*out = parts_to_civil(&parts);
	return 0;
}

int recurrence_parse(const char *rule, const char *from, struct recurrence **out, struct error *err)
{
	CLEANUP(recurrence_free) struct recurrence *r = mem_new(1, sizeof *r);
	const char *zone = NULL;
	int64_t first = 0;

	if (rule_read(rule, &r->rule, err) < 0 ||
		civil_read(from, "%Y-%m-%dT%H:%M:%S", &zone, &r->start, err) < 0 ||
		read_zone(zone, &r->zone, err) < 0)
		return -1;
	if (!recurrence_next(r, civil_to_utc(r->start, r->zone) - 1, &first))
		return error_set(err, ERR_USAGE, "'%.100s' never happens after %.60s", rule, from);
	*out = STEAL(&r);
	return 0;
}

bool recurrence_next(const struct recurrence *r, int64_t after, int64_t *at)
{
	int64_t start = civil_to_utc(r->start, r->zone);
	int64_t from = after > start ? after : start;
	CLEANUP(occurrences_end)
	struct occurrences w = occurrences_begin(&r->rule, r->start, r->zone, from, from + HORIZON);
	int64_t found = 0;

	while (occurrences_next(&w, &found)) {
		if (found > after) {
			*at = found;
			return true;
		}
	}
	return false;
}

bool recurrence_last(const struct recurrence *r, int64_t until, int64_t *at)
{
	int64_t start = civil_to_utc(r->start, r->zone);
	bool is_found = false;

	/* libical walks forwards only: look back further and further. */
	for (int64_t back = 2 * DAY; !is_found; back *= 4) {
		CLEANUP(occurrences_end)
		struct occurrences w =
			occurrences_begin(&r->rule, r->start, r->zone, until - back, until);
		int64_t found = 0;

		while (occurrences_next(&w, &found) && found <= until) {
			*at = found;
			is_found = true;
		}
		if (until - back < start || back > HORIZON)
			break;
	}
	return is_found;
}

void recurrence_free(struct recurrence *r)
{
	free(r);
}
