/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "calendar/content_line_private.h"
#include "calendar/zone_private.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/putil.h>
#include <unicode/ucal.h>

/* What a VTIMEZONE may ask for. A clock changes a few times a year, and laws about it a few times in a life. */
enum {
	ZONES_MAX = 200,
	ZONE_PARTS_MAX = 500,   /* STANDARD and DAYLIGHT */
	ZONE_RULES_MAX = 64,    /* RRULE */
	ZONE_DATES_MAX = 1000,  /* RDATE */
	CHANGES_LOOKED_AT = 33, /* of one rule */
	CHANGES_YEARS_MIN = 8,  /* that these take at least */
	ZONE_NAME_MAX = 100,
};

/* What was met of one VTIMEZONE. */
struct zone_reading {
	const char *name; /* its TZID; borrowed from its line */
	struct str text;  /* what libical gets to read */
	size_t parts, rules, dates;
	struct icaltimetype start; /* of the part at hand */
};

static void zone_reading_done(struct zone_reading *r)
{
	str_done(&r->text);
}
CLEANUP_DONE(struct zone_reading, zone_reading_done)

icaltimezone *zone_builtin(const char *name)
{
	if (!isalpha((unsigned char)*name) || strstr(name, "..") ||
		name[strspn(name,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-")])
		return NULL;
	return icaltimezone_get_builtin_timezone(name);
}

/* A zone by the name that Windows has for it, from CLDR's table. */
static icaltimezone *zone_of_windows(const char *name)
{
	UChar wide[ZONE_NAME_MAX + 1], found[ZONE_NAME_MAX + 1];
	char id[ZONE_NAME_MAX + 1] = "";
	UErrorCode status = U_ZERO_ERROR;
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++) {
		if (!isascii(name[i]))
			return NULL;
	}
	if (size > ZONE_NAME_MAX)
		return NULL;
	u_charsToUChars(name, wide, (int32_t)size);

	int32_t found_size = ucal_getTimeZoneIDForWindowsID(
		wide, (int32_t)size, NULL, found, ZONE_NAME_MAX, &status);

	if (U_FAILURE(status) || found_size <= 0)
		return NULL;
	u_UCharsToChars(found, id, found_size);
	return zone_builtin(id);
}

static icaltimezone *zone_of_calendar(const struct zones *z, const char *name)
{
	for (size_t i = z->first; i < z->count; i++) {
		if (strcmp(icaltimezone_get_tzid(z->items[i]), name) == 0)
			return z->items[i];
	}
	return NULL;
}

/* The calendar's own word counts first. "/example.org/2026/Europe/Berlin" ends in a name that all know. */
static icaltimezone *zone_find(const struct zones *z, const char *name)
{
	icaltimezone *zone = zone_of_calendar(z, name);

	if (!zone)
		zone = zone_builtin(name);
	if (*name != '/')
		return zone ? zone : zone_of_windows(name);
	for (const char *part = name; !zone && part; part = strchr(part, '/'))
		zone = zone_builtin(++part);
	return zone;
}

/* So many digits as a number; -1 where there is something else. */
static int digits(const char *text, size_t count)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number;
}

/* "20261127" or "20261127T060000", and where it ends; NULL when it is none. */
static const char *civil_digits(const char *text, struct icaltimetype *out)
{
	struct icaltimetype t = icaltime_null_time();

	t.is_date = 1;
	t.year = digits(text, 4);
	t.month = t.year < 0 ? -1 : digits(text + 4, 2);
	t.day = t.month < 1 || t.month > 12 ? -1 : digits(text + 6, 2);
	if (t.day < 1 || t.day > icaltime_days_in_month(t.month, t.year))
		return NULL;
	text += 8;
	if (*text == 'T') {
		t.is_date = 0;
		t.hour = digits(text + 1, 2);
		t.minute = t.hour < 0 ? -1 : digits(text + 3, 2);
		t.second = t.minute < 0 ? -1 : digits(text + 5, 2);
		if (t.hour > 23 || t.minute > 59 || t.second < 0 || t.second > 59)
			return NULL;
		text += 7;
	}
	*out = t;
	return text;
}

/* Days are days where the busy's rule counts. */
static int moment_zone(
	const struct zones *z, const struct content_line *line, struct moment *m, struct error *err)
{
	CLEANUP(free) char *name = content_parameter(line, "TZID");

	m->zone = m->is_utc ? icaltimezone_get_utc_timezone() : z->own;
	if (!name || m->civil.is_date)
		return 0;

	icaltimezone *zone = zone_find(z, name);

	if (!zone)
		return error_set(err, ERR_CORRUPT,
			"there is no time zone '%.60s': no VTIMEZONE of that TZID stands in the calendar, and it is no "
			"name like Europe/Berlin",
			name);
	if (m->is_utc && zone != m->zone)
		return error_set(err, ERR_CORRUPT, "UTC (Z) and the time zone '%.60s'", name);
	m->zone = zone;
	return 0;
}

int moment_read(const struct zones *z, const struct content_line *line, const char *text,
	struct moment *out, struct error *err)
{
	struct moment m = { 0 };
	const char *rest = civil_digits(text, &m.civil);

	m.is_utc = rest && *rest == 'Z' && !m.civil.is_date;
	if (!rest || rest[m.is_utc ? 1 : 0] || m.civil.year < YEAR_FIRST ||
		m.civil.year > YEAR_LAST)
		return error_set(err, ERR_CORRUPT, "'%.60s' is no moment of %d to %d", text,
			YEAR_FIRST, YEAR_LAST);
	if (moment_zone(z, line, &m, err) < 0)
		return -1;
	m.at = civil_to_utc(m.civil, m.zone);
	*out = m;
	return 0;
}

/* "+0100", "-033000": how far a clock is from UTC. */
static int check_offset(struct zone_reading *r, const char *value, struct error *err)
{
	size_t size = strlen(value);

	(void)r;
	if ((*value != '+' && *value != '-') || (size != 5 && size != 7) ||
		digits(value + 1, size - 1) < 0 || digits(value + 1, 2) > 23 ||
		digits(value + 3, 2) > 59)
		return error_set(err, ERR_CORRUPT, "'%.60s' is no offset like +0100", value);
	return 0;
}

static int read_zone_start(struct zone_reading *r, const char *value, struct error *err)
{
	const char *rest = civil_digits(value, &r->start);

	if (!rest || *rest || r->start.is_date)
		return error_set(err, ERR_CORRUPT, "'%.60s' is no local date and time", value);
	return 0;
}

/* libical walks through all changes up to the year that it is asked for. */
static int check_zone_rule(struct zone_reading *r, const char *value, struct error *err)
{
	struct icalrecurrencetype rule;
	struct icaltimetype t = { 0 };
	size_t count = 0;

	if (++r->rules > ZONE_RULES_MAX)
		return error_set(
			err, ERR_CORRUPT, "more than %d rules of one zone", ZONE_RULES_MAX);
	if (rule_read(value, &rule, err) < 0)
		return -1;
	if (rule.freq != ICAL_YEARLY_RECURRENCE)
		return error_set(err, ERR_CORRUPT, "'%.100s' is not FREQ=YEARLY", value);

	icalrecur_iterator *walk = icalrecur_iterator_new(rule, r->start);

	while (walk && count < CHANGES_LOOKED_AT) {
		struct icaltimetype next = icalrecur_iterator_next(walk);

		if (icaltime_is_null_time(next))
			break;
		t = next;
		count++;
	}
	icalrecur_iterator_free(walk);
	if (count == CHANGES_LOOKED_AT && t.year - r->start.year < CHANGES_YEARS_MIN)
		return error_set(err, ERR_CORRUPT, "'%.100s' changes the clock too often", value);
	return 0;
}

static int check_zone_dates(struct zone_reading *r, const char *value, struct error *err)
{
	const char *rest = value;
	struct icaltimetype t;

	do {
		rest = civil_digits(rest, &t);
		if (!rest || t.is_date || (*rest && *rest != ','))
			return error_set(
				err, ERR_CORRUPT, "'%.60s' are no local dates and times", value);
		if (++r->dates > ZONE_DATES_MAX)
			return error_set(
				err, ERR_CORRUPT, "more than %d in one zone", ZONE_DATES_MAX);
	} while (*rest++);
	return 0;
}

/* What is read of a part of a zone, in the order in which it is read, and what says nothing of the clock. */
static const struct zone_word {
	const char *name;
	int (*check)(
		struct zone_reading *r, const char *value, struct error *err); /* NULL: ignored */
	bool is_once; /* once, and never left out */
} zone_words[] = {
	/* clang-format off */
	{ "DTSTART",      read_zone_start,  true },
	{ "TZOFFSETFROM", check_offset,     true },
	{ "TZOFFSETTO",   check_offset,     true },
	{ "RRULE",        check_zone_rule,  false },
	{ "RDATE",        check_zone_dates, false },
	{ "TZNAME",       NULL,             false },
	{ "COMMENT",      NULL,             false },
	/* clang-format on */
};
#define ZONE_WORD_COUNT (sizeof zone_words / sizeof *zone_words)

/* All lines of a part that have that word. */
static int read_zone_word(struct zone_reading *r, const struct content *c, size_t begin,
	const struct zone_word *word, struct error *err)
{
	static const char *const known[] = { "VALUE", NULL };
	size_t found = 0;

	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		const struct content_line *l = &c->lines[i];

		if (!content_is(l, word->name))
			continue;
		if (found++ && word->is_once)
			return content_refuse(l, "it is there twice", err);
		if (word->check && (content_check_parameters(l, known, err) < 0 ||
					   word->check(r, l->value, err) < 0))
			return content_wrap(l, err);
		if (word->check)
			str_addf(&r->text, "%s:%s\r\n", word->name, l->value);
	}
	if (!found && word->is_once)
		return error_set(err, ERR_CORRUPT, "line %u: a time zone's %s without %s",
			c->lines[begin].number, c->lines[begin].value, word->name);
	return 0;
}

static int refuse_unknown(const struct content *c, size_t begin, struct error *err)
{
	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		size_t word = 0;

		while (word < ZONE_WORD_COUNT && !content_is(&c->lines[i], zone_words[word].name))
			word++;
		if (word == ZONE_WORD_COUNT && !content_is(&c->lines[i], NULL))
			return content_refuse(&c->lines[i], "not understood in a time zone", err);
	}
	return 0;
}

static int read_zone_part(
	struct zone_reading *r, const struct content *c, size_t begin, struct error *err)
{
	const char *name = c->lines[begin].value;

	if (strcasecmp(name, "STANDARD") != 0 && strcasecmp(name, "DAYLIGHT") != 0)
		return content_refuse(&c->lines[begin], "not understood in a time zone", err);
	if (++r->parts > ZONE_PARTS_MAX)
		return content_refuse(&c->lines[begin], "too many parts of one time zone", err);
	str_addf(&r->text, "BEGIN:%s\r\n", name);
	for (size_t i = 0; i < ZONE_WORD_COUNT; i++) {
		if (read_zone_word(r, c, begin, &zone_words[i], err) < 0)
			return -1;
	}
	str_addf(&r->text, "END:%s\r\n", name);
	return refuse_unknown(c, begin, err);
}

static int read_zone_line(
	struct zone_reading *r, const struct content *c, size_t at, struct error *err)
{
	static const char *const ignored[] = { "LAST-MODIFIED", "TZURL", "COMMENT", "TZUNTIL",
		"TZID-ALIAS-OF" };
	const struct content_line *l = &c->lines[at];

	if (l->end)
		return read_zone_part(r, c, at, err);
	if (content_is(l, "TZID")) {
		if (r->name)
			return content_refuse(l, "it is there twice", err);
		r->name = l->value;
		return 0;
	}
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
		if (content_is(l, ignored[i]))
			return 0;
	}
	return content_is(l, NULL) ? 0 : content_refuse(l, "not understood in a time zone", err);
}

static int read_zone(
	struct zone_reading *r, const struct content *c, size_t begin, struct error *err)
{
	for (size_t i = begin + 1; i < c->lines[begin].end; i = content_next(c, i)) {
		if (read_zone_line(r, c, i, err) < 0)
			return -1;
	}
	if (!r->name || !*r->name || !r->parts)
		return content_refuse(
			&c->lines[begin], "it wants a TZID, and STANDARD or DAYLIGHT", err);
	return 0;
}

int zones_add(struct zones *z, const struct content *c, size_t begin, struct error *err)
{
	CLEANUP(zone_reading_done) struct zone_reading r = { 0 };

	if (read_zone(&r, c, begin, err) < 0)
		return -1;
	if (z->count - z->first == ZONES_MAX)
		return content_refuse(&c->lines[begin], "too many time zones", err);
	if (zone_of_calendar(z, r.name))
		return content_refuse(
			&c->lines[begin], "a time zone of that TZID is there already", err);

	CLEANUP(free)
	char *text = mem_printf(
		"BEGIN:VTIMEZONE\r\nTZID:%s\r\n%sEND:VTIMEZONE\r\n", r.name, str_text(&r.text));
	icaltimezone *zone = icaltimezone_new();
	icalcomponent *component = icalparser_parse_string(text);

	if (!component || !icaltimezone_set_component(zone, component)) {
		icalcomponent_free(component);
		icaltimezone_free(zone, 1);
		return content_refuse(&c->lines[begin], "no time zone of iCalendar", err);
	}
	z->items = mem_room(z->items, z->count, &z->capacity, sizeof *z->items);
	z->items[z->count++] = zone;
	return 0;
}

void zones_forget(struct zones *z, size_t from)
{
	for (size_t i = from; i < z->count; i++)
		icaltimezone_free(z->items[i], 1);
	z->count = from;
}
