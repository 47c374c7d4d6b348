/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_clock__writes_moments_in_utc(void **state)
{
	static const struct {
		int64_t at;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ 1795335300, "2026-11-22T08:15:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ INT64_MAX, "@9223372036854775807" },
	};
	char out[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(cases[i].text, clock_format(cases[i].at, out));
}

static void test_clock__says_ages_as_people_do(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ -5, "0s" },
		{ 0, "0s" },
		{ 119, "119s" },
		{ 120, "2m" },
		{ 7199, "119m" },
		{ 7200, "2h" },
		{ 172799, "47h" },
		{ 172800, "2d" },
		{ 30 * 86400, "30d" },
	};
	char out[CLOCK_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(cases[i].text, clock_format_age(cases[i].seconds, out));
}

static void test_clock__reads_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{ "0s", 0 },
		{ "90s", 90 },
		{ "1h30m", 5400 },
		{ "2w1d", 15 * 86400 },
		{ "36500d", (int64_t)36500 * 86400 },
	};
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t seconds = -1;

		assert_int_equal(0, clock_parse_duration(cases[i].text, &seconds, &err));
		assert_int_equal(cases[i].seconds, seconds);
	}
}

static void test_clock__refuses_what_is_no_duration(void **state)
{
	static const char *const cases[] = { "", "5", "m", "-5m", "5 m", "1.5h", "5x", "5m ",
		"99999999999999999999s", "36501d", "36500d1d" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		int64_t seconds = -1;

		assert_int_equal(-1, clock_parse_duration(cases[i], &seconds, &err));
		assert_int_equal(ERR_USAGE, err.kind);
		assert_non_null(strstr(err.text, cases[i]));
		assert_int_equal(-1, seconds);
	}
}

static void test_clock__reads_dates_in_utc_only(void **state)
{
	static const struct {
		const char *text;
		int64_t at; /* -1: refused */
	} cases[] = {
		{ "Sun, 22 Nov 2026 08:15:00 UTC", 1795335300 },
		{ "Sun, 22 Nov 2026 08:15:00 GMT", 1795335300 },
		{ "Sun, 22 Nov 2026 08:15:00 +0000", 1795335300 },
		{ "Sun, 22 Nov 2026 08:15:00 -0000", 1795335300 },
		{ "Sun, 22 Nov 2026 08:15:00 Z", 1795335300 },
		{ "Sun, 22 November 2026 8:15:00 UTC", 1795335300 },
		{ "Sunday, 22-Nov-26 08:15:00 GMT", 1795335300 },
		{ "Sun Nov 22 08:15:00 2026", 1795335300 },
		{ "Sun Nov 22 08:15:00 2026 CET", -1 },
		{ "Sun, 22 Nov 2026 08:15:00 CET", -1 },
		{ "Sun, 22 Nov 2026 25:15:00 UTC", -1 },
		{ "22 Nov 2026 08:15:00 UTC", -1 },
		{ "Sun, 22 Nov 2026 08:15:00 +0200", -1 },
		{ "Sun, 22 Nov 2026 08:15:00", -1 },
		{ "2026-11-22T08:15:00Z", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		int64_t at = -1;
		int result = clock_parse_date(cases[i].text, &at, &err);

		assert_int_equal(cases[i].at < 0 ? -1 : 0, result);
		assert_int_equal(cases[i].at, at);
		if (result < 0)
			assert_int_equal(ERR_CORRUPT, err.kind);
	}
}

static void test_clock__only_goes_forward(void **state)
{
	int64_t before = clock_monotonic_ms();

	(void)state;
	assert_true(clock_monotonic_ms() >= before);
	assert_true(clock_now() > 1600000000);
}

static void test_clock__tells_the_same_moment_in_both_units(void **state)
{
	int64_t before = clock_now();
	int64_t ms = clock_now_ms();

	(void)state;
	assert_in_range(ms / 1000, before, clock_now());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock__tells_the_same_moment_in_both_units),
		cmocka_unit_test(test_clock__writes_moments_in_utc),
		cmocka_unit_test(test_clock__says_ages_as_people_do),
		cmocka_unit_test(test_clock__reads_durations),
		cmocka_unit_test(test_clock__refuses_what_is_no_duration),
		cmocka_unit_test(test_clock__reads_dates_in_utc_only),
		cmocka_unit_test(test_clock__only_goes_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
