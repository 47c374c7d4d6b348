/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
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

static struct recurrence *rule(const char *text, const char *from)
{
	struct recurrence *r = NULL;
	struct error err = { 0 };

	if (recurrence_parse(text, from, &r, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	return r;
}

static void assert_moment(bool is_found, int64_t found, const char *wanted)
{
	char text[CLOCK_TEXT_SIZE] = "none";

	if (is_found)
		clock_format(found, text);
	assert_string_equal(wanted, text);
}

/* Checked against python-dateutil. */
static void test_recurrence__finds_the_one_before_and_the_one_after(void **state)
{
	static const struct {
		const char *rule, *from, *now, *last, *next;
	} cases[] = {
		{ "FREQ=DAILY;BYHOUR=5;BYMINUTE=0", RECURRENCE_FROM, "2026-11-24T02:00:00Z",
			"2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z" },
		/* an occurrence is its own last one, and not its own next one */
		{ "RRULE:FREQ=DAILY;BYHOUR=5", RECURRENCE_FROM, "2026-11-24T05:00:00Z",
			"2026-11-24T05:00:00Z", "2026-11-25T05:00:00Z" },
		{ "freq=weekly", RECURRENCE_FROM, "2026-11-24T02:00:00Z", "2026-11-23T00:00:00Z",
			"2026-11-30T00:00:00Z" },
		{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;BYHOUR=3", "2026-01-01T00:00:00Z",
			"2026-11-20T00:00:00Z", "2026-11-19T03:00:00Z", "2026-11-30T03:00:00Z" },
		/* weeks begin on Monday; the hour lies before the start's */
		{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;BYHOUR=5", "2025-01-09T08:31:00Z",
			"2025-01-19T18:15:00Z", "2025-01-12T05:31:00Z", "2025-01-26T05:31:00Z" },
		{ "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,TU;COUNT=1", "2025-06-02T13:30:00Z",
			"2025-11-19T11:00:00Z", "2025-06-03T13:30:00Z", "none" },
		{ "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=18", RECURRENCE_FROM, "2026-11-24T02:00:00Z",
			"2026-11-10T18:00:00Z", "2026-12-08T18:00:00Z" },
		{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", RECURRENCE_FROM, "2026-11-24T02:00:00Z",
			"2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z" },
		{ "FREQ=HOURLY;INTERVAL=6", "2026-01-01T01:30:00Z", "2026-11-24T02:00:00Z",
			"2026-11-24T01:30:00Z", "2026-11-24T07:30:00Z" },
		{ "FREQ=DAILY;COUNT=3", "2026-01-01T04:00:00Z", "2026-01-02T12:00:00Z",
			"2026-01-02T04:00:00Z", "2026-01-03T04:00:00Z" },
		{ "FREQ=DAILY;COUNT=3", "2026-01-01T04:00:00Z", "2026-11-24T02:00:00Z",
			"2026-01-03T04:00:00Z", "none" },
		{ "FREQ=DAILY;UNTIL=20260301T040000Z", "2026-01-01T04:00:00Z",
			"2026-11-24T02:00:00Z", "2026-03-01T04:00:00Z", "none" },
		/* nothing happens before the first moment */
		{ "FREQ=DAILY", "2026-12-01T04:00:00Z", "2026-11-24T02:00:00Z", "none",
			"2026-12-01T04:00:00Z" },
		/* 05:00 in Berlin stays 05:00 there: 03:00 UTC in summer, 04:00 in winter */
		{ "FREQ=DAILY", "2026-01-01T05:00:00 Europe/Berlin", "2026-10-25T02:30:00Z",
			"2026-10-24T03:00:00Z", "2026-10-25T04:00:00Z" },
		{ "FREQ=DAILY", "2026-01-01T05:00:00 Europe/Berlin", "2026-03-28T12:00:00Z",
			"2026-03-28T04:00:00Z", "2026-03-29T03:00:00Z" },
		/* no zone written: the machine's, here New York's */
		{ "FREQ=DAILY", "2026-01-01T05:00:00", "2026-07-01T12:00:00Z",
			"2026-07-01T09:00:00Z", "2026-07-02T09:00:00Z" },
		{ "FREQ=DAILY;UNTIL=20260702T090000Z", "2026-01-01T05:00:00",
			"2026-07-05T12:00:00Z", "2026-07-02T09:00:00Z", "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(recurrence_free)
		struct recurrence *r = rule(cases[i].rule, cases[i].from);
		int64_t found = 0;

		bool is_found = recurrence_last(r, at(cases[i].now), &found);

		assert_moment(is_found, found, cases[i].last);
		is_found = recurrence_next(r, at(cases[i].now), &found);
		assert_moment(is_found, found, cases[i].next);
	}
}

/* However far one jumps, one lands on the same occurrences as by walking through all of them. */
static void test_recurrence__jumping_and_walking_agree(void **state)
{
	static const char *const rules[] = { "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=MO,FR",
		"FREQ=WEEKLY;INTERVAL=3;BYDAY=SU;WKST=SU", "FREQ=MONTHLY;BYDAY=-1FR",
		"FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1", "FREQ=HOURLY;INTERVAL=7",
		"FREQ=YEARLY;BYWEEKNO=20;BYDAY=TU", "FREQ=MONTHLY;BYDAY=MO,TU,WE;BYSETPOS=-1",
		"FREQ=DAILY;COUNT=40" };

	(void)state;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		CLEANUP(recurrence_free)
		struct recurrence *r = rule(rules[i], "2025-01-06T09:15:00 Europe/Berlin");
		int64_t before = at("2025-01-01T00:00:00Z"), next = 0, found = 0;

		for (size_t k = 0; k < 60 && recurrence_next(r, before, &next); k++) {
			assert_true(next > before);
			if (k > 0) {
				assert_true(recurrence_last(r, next - 1, &found));
				assert_int_equal(before, found);
			}
			assert_true(recurrence_last(r, next, &found));
			assert_int_equal(next, found);
			before = next;
		}
		assert_true(next > at("2025-01-06T00:00:00Z"));
	}
}

static void test_recurrence__refuses_and_says_why(void **state)
{
	static const struct {
		const char *rule, *from, *told;
	} cases[] = {
		{ "", RECURRENCE_FROM, "'' is not a rule of RFC 5545; want e.g. \"FREQ=DAILY" },
		{ "daily", RECURRENCE_FROM, "rules of RFC 5545 have no 'daily'" },
		{ "FREQ=OFTEN", RECURRENCE_FROM, "'FREQ=OFTEN' is not a rule" },
		{ "BYHOUR=5", RECURRENCE_FROM, "'BYHOUR=5' is not a rule" },
		{ "FREQ=DAILY;BYHOURS=5", RECURRENCE_FROM,
			"have no 'BYHOURS'; did you mean 'BYHOUR'?" },
		{ "FREQ=DAILY;BYHOUR=25", RECURRENCE_FROM, "'BYHOUR=25' is wrong" },
		{ "FREQ=DAILY;BYHOUR=5;BYMINUTE=x", RECURRENCE_FROM, "'BYMINUTE=x' is wrong" },
		{ "FREQ=DAILY;INTERVAL=0", RECURRENCE_FROM, "'INTERVAL=0' is wrong" },
		{ "FREQ=DAILY;COUNT=2;UNTIL=20270101", RECURRENCE_FROM, "is not a rule" },
		{ "FREQ=MINUTELY", RECURRENCE_FROM, "finer than FREQ=HOURLY" },
		{ "FREQ=HOURLY;BYHOUR=3,4", RECURRENCE_FROM, "FREQ=DAILY;BYHOUR=" },
		{ "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", RECURRENCE_FROM, "never happens" },
		{ "FREQ=DAILY;UNTIL=20200101", RECURRENCE_FROM, "never happens after 2024" },
		{ "FREQ=DAILY", "tomorrow", "'tomorrow' is not a date and time" },
		{ "FREQ=DAILY", "2026-02-30T05:00:00Z", "is not a date" },
		{ "FREQ=DAILY", "2026-01-01", "is not a date and time" },
		{ "FREQ=DAILY", "1826-01-01T05:00:00Z", "is not a date" },
		{ "FREQ=DAILY", "2026-01-01T05:00:00 Europe/Berlim",
			"no time zone 'Europe/Berlim'" },
		{ "FREQ=DAILY", "2026-01-01T05:00:00 ../../etc/passwd", "no time zone" },
		{ "FREQ=DAILY", "2026-01-01T05:00:00CET", "no time zone 'CET'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct recurrence *r = NULL;
		struct error err = { 0 };

		if (recurrence_parse(cases[i].rule, cases[i].from, &r, &err) == 0)
			fail_msg("'%s' from '%s' is taken", cases[i].rule, cases[i].from);
		assert_null(r);
		assert_int_equal(ERR_USAGE, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("'%s' tells '%s', not '%s'", cases[i].rule, err.text,
				cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recurrence__finds_the_one_before_and_the_one_after),
		cmocka_unit_test(test_recurrence__jumping_and_walking_agree),
		cmocka_unit_test(test_recurrence__refuses_and_says_why),
	};

	setenv("TZ", "America/New_York", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
