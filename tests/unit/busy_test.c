/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "calendar/busy.h"
#include "calendar/recurrence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static int64_t at(const char *text)
{
	struct tm parts = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);

	assert_true(end && !*end);
	return (int64_t)timegm(&parts);
}

static struct busy *new_busy(const char *from)
{
	CLEANUP(recurrence_free) struct recurrence *r = NULL;
	struct error err = { 0 };

	assert_int_equal(0, recurrence_parse("FREQ=DAILY", from, &r, &err));
	return busy_new(r);
}

#define ICS(lines)                                                                                 \
	"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n" lines "END:VCALENDAR\r\n"
#define EVENT(lines) "BEGIN:VEVENT\r\nUID:1\r\n" lines "END:VEVENT\r\n"

static const char calendar[] = ICS(
	/* each quarter's end, three days, but not the one of June 2026 */
	EVENT("SUMMARY:quarter\r\nDTSTART;VALUE=DATE:20250329\r\nDTEND;VALUE=DATE:20250401\r\n"
	      "RRULE:FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=29\r\nEXDATE;VALUE=DATE:20260629\r\n")
	/* in a zone that the calendar brings itself */
	"BEGIN:VTIMEZONE\r\nTZID:Shop\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
	"TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n" EVENT(
		"SUMMARY:sale\r\nDTSTART;TZID=Shop:20261127T060000\r\nDURATION:PT36H\r\n"
		"RDATE;TZID=Shop:20261211T060000\r\n"));

static void test_busy__knows_days_and_events(void **state)
{
	static const struct {
		const char *now, *name, *end;
	} cases[] = {
		{ "2026-12-19T23:59:59Z", NULL, NULL },
		{ "2026-12-20T00:00:00Z", "2026-12-20/2027-01-05", "2027-01-06T00:00:00Z" },
		{ "2027-01-05T23:59:59Z", "2026-12-20/2027-01-05", "2027-01-06T00:00:00Z" },
		{ "2027-01-06T00:00:00Z", NULL, NULL },
		/* the first occurrence, one by the rule, the one taken out, one in another year */
		{ "2025-03-31T12:00:00Z", "quarter", "2025-04-01T00:00:00Z" },
		{ "2025-06-30T12:00:00Z", "quarter", "2025-07-02T00:00:00Z" },
		{ "2026-06-30T12:00:00Z", NULL, NULL },
		{ "2027-09-29T00:00:00Z", "quarter", "2027-10-02T00:00:00Z" },
		{ "2026-11-27T02:59:59Z", NULL, NULL },
		{ "2026-11-27T03:00:00Z", "sale", "2026-11-28T15:00:00Z" },
		{ "2026-12-12T14:59:59Z", "sale", "2026-12-12T15:00:00Z" },
		{ "2026-12-12T15:00:00Z", NULL, NULL },
	};
	CLEANUP(busy_free) struct busy *b = new_busy(RECURRENCE_FROM);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, busy_add_days(b, "2026-12-20/2027-01-05", &err));
	assert_int_equal(0, busy_add_calendar(b, calendar, strlen(calendar), &err));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct busy_span span = { 0 };

		assert_int_equal(cases[i].name != NULL, busy_at(b, at(cases[i].now), &span));
		if (!cases[i].name)
			continue;
		assert_string_equal(cases[i].name, span.name);
		assert_int_equal(at(cases[i].end), span.end_at);
	}
}

/* A day is a day where the rule counts: in Berlin it begins at 22:00 UTC in summer. */
static void test_busy__reads_days_in_the_zone_of_the_rule(void **state)
{
	CLEANUP(busy_free) struct busy *b = new_busy("2026-01-01T05:00:00 Europe/Berlin");
	struct busy_span span = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, busy_add_days(b, "2026-10-24/2026-10-25", &err));
	assert_false(busy_at(b, at("2026-10-23T21:59:59Z"), NULL));
	assert_true(busy_at(b, at("2026-10-23T22:00:00Z"), &span));
	/* the clock went back in between */
	assert_int_equal(at("2026-10-25T23:00:00Z"), span.end_at);
}

static void test_busy__refuses_what_are_no_days(void **state)
{
	static const char *const days[] = { "", "2026-12-20", "2026-12-20/2026-12-19",
		"2026-12-20/2026-02-30", "2026-12-20/2027-01-05/", "20.12.2026/05.01.2027" };
	CLEANUP(busy_free) struct busy *b = new_busy(RECURRENCE_FROM);
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
		assert_int_equal(-1, busy_add_days(b, days[i], &err));
		assert_int_equal(ERR_USAGE, err.kind);
	}
	assert_false(busy_at(b, at("2026-11-24T02:00:00Z"), NULL));
}

#define MONDAYS                                                                                    \
	EVENT("SUMMARY:mondays\r\nDTSTART:20261102T040000Z\r\nDTEND:20261102T070000Z\r\n"          \
	      "RRULE:FREQ=WEEKLY;BYDAY=MO\r\n")
#define ONCE(start, end) EVENT("SUMMARY:once\r\nDTSTART" start "\r\nDTEND" end "\r\n")
#define ZONE(name, offset)                                                                         \
	"BEGIN:VTIMEZONE\r\nTZID:" name "\r\nBEGIN:STANDARD\r\nRRULE:FREQ=YEARLY\r\n"              \
	"DTSTART:19700101T000000\r\nTZOFFSETFROM:" offset "\r\nTZOFFSETTO:" offset                 \
	"\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"

#define EXCHANGE_ZONE                                                                              \
	"BEGIN:VTIMEZONE\r\nTZID:Somewhere\r\nTZID-ALIAS-OF:Europe/Berlin\r\nBEGIN:STANDARD\r\n"   \
	"DTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"                    \
	"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n" \
	"DTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"                    \
	"RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"

/*
 * What people's calendars have, and the right outcome by RFC 5545: when, and until when it is busy then (NULL: free).
 * 2026-11-30 is a Monday; days and times without a zone are UTC's here.
 */
static const struct situation {
	const char *what, *text, *at, *until;
} situations[] = {
	{ "a start that is moved (3.8.4.4): not then",
		ICS(MONDAYS EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261202T040000Z\r\n"
				  "DTEND:20261202T080000Z\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "but then, and as long as it says there",
		ICS(MONDAYS EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261202T040000Z\r\n"
				  "DTEND:20261202T080000Z\r\n")),
		"2026-12-02T07:30:00Z", "2026-12-02T08:00:00Z" },
	{ "and the next as ever",
		ICS(MONDAYS EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261202T040000Z\r\n"
				  "DTEND:20261202T080000Z\r\n")),
		"2026-12-07T05:00:00Z", "2026-12-07T07:00:00Z" },
	{ "the one that replaces stands first, in another zone",
		ICS(EVENT("RECURRENCE-ID;TZID=Europe/Berlin:20261130T050000\r\n"
			  "DTSTART:20261202T040000Z\r\nDURATION:PT1H\r\n") MONDAYS),
		"2026-11-30T05:00:00Z", NULL },
	{ "one start of another event's UID replaces nothing",
		ICS(MONDAYS "BEGIN:VEVENT\r\nUID:2\r\nRECURRENCE-ID:20261130T040000Z\r\n"
			    "DTSTART:20261202T040000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\n"),
		"2026-11-30T05:00:00Z", "2026-11-30T07:00:00Z" },
	{ "and stands for itself, as in an invitation",
		ICS(EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261202T040000Z\r\n"
			  "DURATION:PT1H\r\n")),
		"2026-12-02T04:00:00Z", "2026-12-02T05:00:00Z" },
	{ "a start is cancelled (3.8.1.11)",
		ICS(MONDAYS EVENT("STATUS:CANCELLED\r\nRECURRENCE-ID:20261130T040000Z\r\n"
				  "DTSTART:20261130T040000Z\r\nDURATION:PT3H\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "all are cancelled",
		ICS(EVENT("STATUS:CANCELLED\r\nDTSTART:20261102T040000Z\r\nDURATION:PT3H\r\n"
			  "RRULE:FREQ=WEEKLY;BYDAY=MO\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "all are cancelled but one that was moved",
		ICS(EVENT("STATUS:CANCELLED\r\nDTSTART:20261102T040000Z\r\nDURATION:PT3H\r\n"
			  "RRULE:FREQ=WEEKLY;BYDAY=MO\r\n")
				EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261202T040000Z\r\n"
				      "DURATION:PT1H\r\n")),
		"2026-12-02T04:00:00Z", "2026-12-02T05:00:00Z" },
	{ "one that is not sure forbids",
		ICS(EVENT("STATUS:TENTATIVE\r\nDTSTART:20261130T040000Z\r\nDURATION:PT3H\r\n")),
		"2026-11-30T05:00:00Z", "2026-11-30T07:00:00Z" },
	{ "so does one that leaves its people free, as holidays do",
		ICS(EVENT("TRANSP:TRANSPARENT\r\nDTSTART:20261130T040000Z\r\nDURATION:PT3H\r\n")),
		"2026-11-30T05:00:00Z", "2026-11-30T07:00:00Z" },
	{ "another hour from then on (3.2.13): not at the old one",
		ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
				  "DTSTART:20261123T140000Z\r\nDTEND:20261123T160000Z\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "but at the new one, as long as it says there",
		ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
				  "DTSTART:20261123T140000Z\r\nDTEND:20261123T160000Z\r\n")),
		"2026-11-30T15:00:00Z", "2026-11-30T16:00:00Z" },
	{ "and before at the old one",
		ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
				  "DTSTART:20261123T140000Z\r\nDTEND:20261123T160000Z\r\n")),
		"2026-11-16T05:00:00Z", "2026-11-16T07:00:00Z" },
	{ "the second of two such: days earlier, longer",
		ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261109T040000Z\r\n"
				  "DTSTART:20261109T140000Z\r\nDURATION:PT1H\r\n")
				EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
				      "DTSTART:20261119T040000Z\r\nDURATION:P2D\r\n")),
		"2026-11-28T03:00:00Z", "2026-11-28T04:00:00Z" },
	{ "a start after that is replaced by its old name",
		ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
				  "DTSTART:20261123T140000Z\r\nDURATION:PT2H\r\n")
				EVENT("RECURRENCE-ID:20261130T040000Z\r\nDTSTART:20261201T040000Z\r\n"
				      "DURATION:PT1H\r\n")),
		"2026-11-30T15:00:00Z", NULL },
	{ "cancelled from then on",
		ICS(MONDAYS EVENT(
			"RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T040000Z\r\n"
			"STATUS:CANCELLED\r\nDTSTART:20261123T040000Z\r\nDURATION:PT2H\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "an hour of a place stays that hour when its clock changes in between",
		ICS(EVENT("DTSTART;TZID=Europe/Berlin:20260601T060000\r\nDURATION:PT1H\r\n"
			  "RRULE:FREQ=WEEKLY\r\n")
				EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260608T060000\r\n"
				      "DTSTART;TZID=Europe/Berlin:20260608T140000\r\nDURATION:PT1H\r\n")),
		"2026-11-30T13:30:00Z", "2026-11-30T14:00:00Z" },
	{ "a date falls out, with all starts of that day",
		ICS(EVENT("DTSTART:20261102T040000Z\r\nDURATION:PT3H\r\nRRULE:FREQ=WEEKLY\r\n"
			  "EXDATE;VALUE=DATE:20261130\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "that day where the event is: 23:30 UTC is the next one in Berlin",
		ICS(EVENT("DTSTART;TZID=Europe/Berlin:20261103T003000\r\nDURATION:PT3H\r\n"
			  "RRULE:FREQ=DAILY\r\nEXDATE;VALUE=DATE:20261201\r\n")),
		"2026-12-01T00:00:00Z", NULL },
	{ "and not the one before",
		ICS(EVENT("DTSTART;TZID=Europe/Berlin:20261103T003000\r\nDURATION:PT3H\r\n"
			  "RRULE:FREQ=DAILY\r\nEXDATE;VALUE=DATE:20261201\r\n")),
		"2026-11-30T00:00:00Z", "2026-11-30T02:30:00Z" },
	{ "a whole day falls out by a local midnight, as Exchange writes it",
		ICS(EVENT("DTSTART;VALUE=DATE:20261101\r\nRRULE:FREQ=WEEKLY;BYDAY=MO\r\n"
			  "EXDATE;TZID=America/New_York:20261123T000000,20261130T000000\r\n")),
		"2026-11-30T05:00:00Z", NULL },
	{ "a time that no start has takes nothing out",
		ICS(EVENT("DTSTART:20261102T040000Z\r\nDURATION:PT3H\r\nRRULE:FREQ=WEEKLY\r\n"
			  "EXDATE:20261130T050000Z\r\n")),
		"2026-11-30T05:00:00Z", "2026-11-30T07:00:00Z" },
	{ "periods (3.8.5.2), with an end or a duration of their own",
		ICS(EVENT(
			"DTSTART:20261102T040000Z\r\nDURATION:PT3H\r\n"
			"RDATE;VALUE=PERIOD:20261109T040000Z/20261109T050000Z,20261130T040000Z/PT9H\r\n")),
		"2026-11-30T12:00:00Z", "2026-11-30T13:00:00Z" },
	{ "a further date of an event of whole days is as long as it",
		ICS(EVENT("DTSTART;VALUE=DATE:20261101\r\nDTEND;VALUE=DATE:20261104\r\n"
			  "RDATE;VALUE=DATE:20261128\r\n")),
		"2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z" },
	{ "a further date of an event with hours is all of that day",
		ICS(EVENT(
			"RDATE;VALUE=DATE:20261130\r\nDTSTART:20261101T040000Z\r\nDURATION:PT1H\r\n")),
		"2026-11-30T12:00:00Z", "2026-12-01T00:00:00Z" },
	{ "a day whose end is its start is that day",
		ICS(ONCE(";VALUE=DATE:20261130", ";VALUE=DATE:20261130")), "2026-11-30T05:00:00Z",
		"2026-12-01T00:00:00Z" },
	{ "VALUE=DATE left out", ICS(ONCE(":20261130", ":20261202")), "2026-12-01T05:00:00Z",
		"2026-12-02T00:00:00Z" },
	{ "whole days ignore hours of their rule (3.3.10)",
		ICS(EVENT("DTSTART;VALUE=DATE:20261101\r\nRRULE:FREQ=DAILY;BYHOUR=9\r\n")),
		"2026-11-30T05:00:00Z", "2026-12-01T00:00:00Z" },
	{ "a day of a duration is one of the calendar (3.3.6): the clock goes back in between",
		ICS(EVENT("DTSTART;TZID=Europe/Berlin:20261024T120000\r\nDURATION:P1DT1H\r\n")),
		"2026-10-25T11:30:00Z", "2026-10-25T12:00:00Z" },
	{ "a name of Windows that the calendar does not define, by CLDR's table",
		ICS(ONCE(";TZID=Eastern Standard Time:20261129T233000",
			";TZID=Eastern Standard Time:20261130T003000")),
		"2026-11-30T05:00:00Z", "2026-11-30T05:30:00Z" },
	{ "one that it defines, after the event, is as it says",
		ICS(ONCE(";TZID=Eastern Standard Time:20261130T040000",
			";TZID=Eastern Standard Time:20261130T060000")
				ZONE("Eastern Standard Time", "+0000")),
		"2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z" },
	{ "so is one that has a known name",
		ICS(ZONE("Europe/Berlin", "+0300") ONCE(";TZID=Europe/Berlin:20261130T060000",
			";TZID=Europe/Berlin:20261130T080000")),
		"2026-11-30T03:30:00Z", "2026-11-30T05:00:00Z" },
	{ "a name that ends in a known one (3.8.3.1)",
		ICS(ONCE(";TZID=/example.org/2026b/Europe/Berlin:20261130T060000",
			";TZID=\"/example.org/2026b/Europe/Berlin\":20261130T080000")),
		"2026-11-30T05:30:00Z", "2026-11-30T07:00:00Z" },
	{ "UTC said twice", ICS(ONCE(";TZID=UTC:20261130T040000Z", ";TZID=UTC:20261130T060000Z")),
		"2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z" },
	{ "the second of two calendars in one text, with a zone of the same name",
		ICS(ZONE("Shop", "+0100") ONCE(";TZID=Shop:20261101T040000",
			";TZID=Shop:20261101T050000")) "\r\n" ICS(ZONE("Shop", "+0300")
				ONCE(";TZID=Shop:20261130T070000", ";TZID=Shop:20261130T090000")),
		"2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z" },
	{ "a mark of the byte order, lines that end as on Unix, folded ones, small letters",
		"\xef\xbb\xbf"
		"begin:VCALENDAR\nbegin:vevent\ndtst\n art:202611\n\t30T040000Z\n"
		"duration:PT\n 2H\nend:VEVENT\nEND:VCALENDAR",
		"2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z" },
	{ "what says nothing of when: alarms, tasks, extensions",
		ICS("METHOD:PUBLISH\r\nX-WR-CALNAME:x\r\nBEGIN:VTODO\r\nDUE:nonsense\r\nEND:VTODO\r\n"
		    "BEGIN:X-THING\r\nWHAT:x\r\nEND:X-THING\r\n" EVENT(
			    "DTSTART;X-VOBJ-FLOATINGTIME-ALLOWED=TRUE:20261130T040000Z\r\nX-A;B=c:d\r\n"
			    "BEGIN:VALARM\r\nDURATION:PT9H\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"
			    "ATTENDEE;CN=\"a:b;c\":mailto:a@example.org\r\nDURATION:PT2H\r\n")),
		"2026-11-30T05:00:00Z", "2026-11-30T06:00:00Z" },
	{ "a zone as Exchange writes it, from 1601 on: summer",
		ICS(EXCHANGE_ZONE ONCE(
			";TZID=Somewhere:20260701T060000", ";TZID=Somewhere:20260701T080000")),
		"2026-07-01T04:00:00Z", "2026-07-01T06:00:00Z" },
	{ "and winter",
		ICS(EXCHANGE_ZONE ONCE(
			";TZID=Somewhere:20261130T060000", ";TZID=Somewhere:20261130T080000")),
		"2026-11-30T05:00:00Z", "2026-11-30T07:00:00Z" },
	{ "a calendar of nothing", ICS(""), "2026-11-30T05:00:00Z", NULL },
};

static void test_busy__knows_the_situations_of_calendars(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		const struct situation *s = &situations[i];
		CLEANUP(busy_free) struct busy *b = new_busy(RECURRENCE_FROM);
		struct busy_span span = { 0 };
		char until[CLOCK_TEXT_SIZE] = "free";
		struct error err = { 0 };

		if (busy_add_calendar(b, s->text, strlen(s->text), &err) < 0)
			fail_msg("%s: %s", s->what, err.text);
		if (busy_at(b, at(s->at), &span))
			clock_format(span.end_at, until);
		if (strcmp(s->until ? s->until : "free", until) != 0)
			fail_msg("%s: %s, not %s", s->what, until, s->until ? s->until : "free");
	}
}

#define ZONED(lines)                                                                               \
	ICS("BEGIN:VTIMEZONE\r\nTZID:X\r\n" lines                                                  \
	    "END:VTIMEZONE\r\n" EVENT("DTSTART;TZID=X:20261130T040000\r\nDURATION:PT1H\r\n"))
#define STANDARD(lines)                                                                            \
	ZONED("BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\n"                \
	      "TZOFFSETTO:+0100\r\n" lines "END:STANDARD\r\n")
#define START "DTSTART:20261130T040000Z\r\n"

/* What cannot be understood is never free time: it is an error that says where. */
static const struct refusal {
	const char *text, *told;
} refusals[] = {
	{ "", "not one iCalendar text" },
	{ "BEGIN:VEVENT\r\nEND:VEVENT\r\n", "line 1: BEGIN:VEVENT: not in a calendar" },
	{ "<html>\r\n", "line 1: '<html>' is no line of iCalendar" },
	{ "DTSTART:20261130\r\n", "line 1: 'DTSTART' is not inside" },
	{ "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", "ends before line 1's BEGIN:VCALENDAR" },
	{ "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n",
		"line 3: END:VCALENDAR, and line 2 has" },
	{ "BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n",
		"line 2: VERSION:1.0 is not understood" },
	{ ICS("METHOD:CANCEL\r\n"), "line 4: METHOD:CANCEL is not understood" },
	{ ICS("CALSCALE:HEBREW\r\n"), "CALSCALE:HEBREW is not understood" },
	{ ICS("FORBIDS:all\r\n"), "line 4: FORBIDS: not understood" },
	{ ICS("BEGIN:VFREEBUSY\r\nEND:VFREEBUSY\r\n"), "BEGIN:VFREEBUSY: not understood" },
	{ ICS("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "BEGIN:VCALENDAR: not understood" },
	{ ICS(EVENT("SUMMARY:a\r\n")), "line 4: BEGIN:VEVENT: an event without a start" },
	{ ICS(EVENT(START)), "line 6: DTSTART: the span has no length" },
	{ ICS(ONCE(":20261130T040000Z", ":20261130T040000Z")), "DTEND: the span has no length" },
	{ ICS(ONCE(":20261130T040000Z", ":20261130T030000Z")), "the span has no length" },
	{ ICS(ONCE(";VALUE=DATE:20261130", ";VALUE=DATE:20261129")), "the span has no length" },
	{ ICS(ONCE(";VALUE=DATE:20261130", ":20261130T050000Z")), "one is a date" },
	{ ICS(ONCE(":20261130T040000Z", ":21261130T040000Z")), "longer than 3660 days" },
	{ ICS(EVENT(START "DURATION:PT0S\r\n")), "line 7: DURATION: the span has no length" },
	{ ICS(EVENT(START "DURATION:-PT1H\r\n")), "'-PT1H' leads back" },
	{ ICS(EVENT(START "DURATION:1H\r\n")), "'1H' is no duration" },
	{ ICS(EVENT(START "DTEND:20261130T050000Z\r\nDURATION:PT1H\r\n")),
		"there is a DTEND as well" },
	{ ICS(EVENT("DTSTART;VALUE=DATE:20261130\r\nDURATION:PT36H\r\n")),
		"hours of an event of whole days" },
	{ ICS(EVENT(START START "DURATION:PT1H\r\n")), "line 7: DTSTART: it is there twice" },
	{ ICS(EVENT("DTSTART:16010101T000000Z\r\nDURATION:PT1H\r\n")),
		"is no moment of 1970 to 2199" },
	{ ICS(EVENT("DTSTART:20260230T040000Z\r\nDURATION:PT1H\r\n")),
		"'20260230T040000Z' is no moment" },
	{ ICS(EVENT("DTSTART:20260228T240000Z\r\nDURATION:PT1H\r\n")), "is no moment" },
	{ ICS(EVENT("DTSTART;VALUE=PERIOD:20261130T040000Z\r\nDURATION:PT1H\r\n")),
		"VALUE=PERIOD, and" },
	{ ICS(EVENT("DTSTART;LATER=yes:20261130T040000Z\r\nDURATION:PT1H\r\n")),
		"the parameter 'LATER' is not" },
	{ ICS(ONCE(";TZID=Moon/Base:20261130T040000", ";TZID=Moon/Base:20261130T050000")),
		"line 7: DTSTART: there is no time zone 'Moon/Base'" },
	{ ICS(ONCE(";TZID=Customized Time Zone:20261130T040000", ":20261130T050000")),
		"there is no time zone 'Customized Time Zone'" },
	{ ICS(ONCE(";TZID=Europe/Berlin:20261130T040000Z", ":20261130T050000Z")),
		"UTC (Z) and the time zone" },
	{ ICS(EVENT("STATUS:NEEDS-ACTION\r\n" START "DURATION:PT1H\r\n")),
		"STATUS: 'NEEDS-ACTION' is neither" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nEXRULE:FREQ=DAILY\r\n")),
		"line 8: EXRULE: not understood in an event" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nRRULE:FREQ=SECONDLY\r\n")),
		"line 8: RRULE: 'FREQ=SECONDLY' is finer" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;RSCALE=HEBREW\r\n")), "no 'RSCALE'" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nRDATE;VALUE=PERIOD:20261201T040000Z\r\n")),
		"is no period" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nRDATE;VALUE=PERIOD:20261201T040000Z/PT0S\r\n")),
		"no length" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nRDATE:20261201T040000Z,\r\n")), "'' is no moment" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nEXDATE:tomorrow\r\n")),
		"line 8: EXDATE: 'tomorrow' is no moment" },
	{ ICS(MONDAYS EVENT("RECURRENCE-ID;RANGE=THISANDPRIOR:20261130T040000Z\r\n" START
			    "DURATION:PT1H\r\n")),
		"RANGE=THISANDPRIOR is not understood" },
	{ ICS(EVENT("RECURRENCE-ID;RANGE=THISANDFUTURE:20261130T040000Z\r\n" START
		    "DURATION:PT1H\r\n")),
		"line 4: RANGE=THISANDFUTURE of an event that is not in the calendar" },
	{ ICS(EVENT("RECURRENCE-ID:20261130T040000Z\r\n" START
		    "DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\n")),
		"it replaces one start" },
	{ ICS(MONDAYS MONDAYS EVENT(
		  "RECURRENCE-ID:20261130T040000Z\r\n" START "DURATION:PT1H\r\n")),
		"of which of the 2 events of its UID?" },
	{ ICS(EVENT(START "DURATION:PT1H\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n")),
		"not understood in an event" },
	{ STANDARD("RRULE:FREQ=SECONDLY\r\n"), "line 10: RRULE: 'FREQ=SECONDLY' is finer" },
	{ STANDARD("RRULE:FREQ=HOURLY\r\n"), "'FREQ=HOURLY' is not FREQ=YEARLY" },
	{ STANDARD("RRULE:FREQ=YEARLY;BYDAY=MO;BYHOUR=1,2,3\r\n"), "changes the clock too often" },
	{ STANDARD("RDATE;VALUE=PERIOD:19710101T000000/PT1H\r\n"), "are no local dates" },
	{ STANDARD("TZOFFSETTO:+0200\r\n"), "line 10: TZOFFSETTO: it is there twice" },
	{ STANDARD("EXDATE:19710101T000000\r\n"), "EXDATE: not understood in a time zone" },
	{ ZONED("BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"),
		"a time zone's STANDARD without TZOFFSETFROM" },
	{ ZONED("BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:CET\r\nEND:STANDARD\r\n"),
		"'CET' is no offset" },
	{ ZONED(""), "it wants a TZID, and STANDARD or DAYLIGHT" },
	{ ICS(ZONE("A", "+0100") ZONE("A", "+0200")), "a time zone of that TZID is there already" },
};

static void assert_refused(struct busy *b, const char *text, size_t size, const char *told)
{
	struct error err = { 0 };

	if (busy_add_calendar(b, text, size, &err) == 0)
		fail_msg("taken: %.300s", text);
	assert_int_equal(ERR_CORRUPT, err.kind);
	if (!strstr(err.text, told))
		fail_msg("'%s', not '%s'", err.text, told);
}

static void test_busy__refuses_a_calendar_that_is_not_understood(void **state)
{
	static const char zero[] = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n\0BEGIN:VCALENDAR\r\n";
	CLEANUP(busy_free) struct busy *b = new_busy(RECURRENCE_FROM);

	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		assert_refused(b, refusals[i].text, strlen(refusals[i].text), refusals[i].told);
	assert_refused(b, zero, sizeof zero - 1, "a byte in it is 0");
	/* nothing of them is left, not even of events that stood before the wrong one */
	assert_refused(
		b, ICS(MONDAYS EVENT("")), strlen(ICS(MONDAYS EVENT(""))), "without a start");
	assert_false(busy_at(b, at("2026-11-30T04:30:00Z"), NULL));
}

/* `count` times a piece between a head and a foot. free(). */
static char *many(const char *head, const char *piece, size_t count, const char *foot)
{
	struct str s = { 0 };

	str_add(&s, head);
	for (size_t i = 0; i < count; i++)
		str_add(&s, piece);
	str_add(&s, foot);
	return str_take(&s);
}

static void test_busy__limits_what_a_calendar_makes(void **state)
{
	static const struct {
		const char *head, *piece, *foot, *told;
		size_t count;
	} cases[] = {
		{ "BEGIN:VCALENDAR\r\n", EVENT(START "DURATION:PT1H\r\n"), "END:VCALENDAR\r\n",
			"too many events", 50001 },
		{ "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" START "RDATE:20261130T040000Z",
			",20261130T040000Z", "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
			"RDATE: more than 20000", 20000 },
		{ "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" START, "RRULE:FREQ=DAILY\r\n",
			"END:VEVENT\r\nEND:VCALENDAR\r\n", "RRULE: more than 20", 21 },
		{ "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
		  "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\n",
			"RRULE:FREQ=YEARLY\r\n",
			"END:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n", "more than 64 rules",
			65 },
		{ "", "BEGIN:VCALENDAR\r\n", "", "more than 8 components inside each other",
			50000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(busy_free) struct busy *b = new_busy(RECURRENCE_FROM);
		CLEANUP(free)
		char *text = many(cases[i].head, cases[i].piece, cases[i].count, cases[i].foot);

		assert_refused(b, text, strlen(text), cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_busy__knows_days_and_events),
		cmocka_unit_test(test_busy__reads_days_in_the_zone_of_the_rule),
		cmocka_unit_test(test_busy__refuses_what_are_no_days),
		cmocka_unit_test(test_busy__knows_the_situations_of_calendars),
		cmocka_unit_test(test_busy__refuses_a_calendar_that_is_not_understood),
		cmocka_unit_test(test_busy__limits_what_a_calendar_makes),
	};

	setenv("TZ", "America/New_York", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
