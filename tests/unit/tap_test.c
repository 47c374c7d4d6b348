/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "evidence/report.h"
#include "evidence/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_tap__counts_what_it_reads(void **state)
{
	static const struct {
		const char *text;
		size_t passed, failed, skipped;
	} cases[] = {
		{ "1..2\nok 1 - a\nok 2 - b\n", 2, 0, 0 },
		{ "TAP version 12\nok\nok\n1..2", 2, 0, 0 },
		{ "TAP version 13\r\n1..2\r\nok 1\r\nnot ok 2\r\n", 1, 1, 0 },
		{ "TAP version 14\n1..1\nok 1 - a # SKIP no network\n", 0, 0, 1 },
		{ "1..1\nok 1 a # skip: lower case\n", 0, 0, 1 },
		{ "1..1\nok 1 a # skipped: likewise\n", 0, 0, 1 },
		{ "1..2\nnot ok 1 - a # todos of a user\nnot ok 2 - /help#TODOlist\n", 0, 2, 0 },
		{ "1..2\nnot ok 1 a # TODO_2\nok 2 a # skipper\n", 1, 1, 0 },
		{ "1..1\nnot ok: no blank\n", 0, 1, 0 },
		{ "1..2\nnot ok 1 # TODO later\nok 2 # TODO done\n", 1, 0, 1 },
		{ "1..1\nnot ok 1 # SKIP not a way out\n", 0, 1, 0 },
		{ "1..1\nok 1 - a \\# SKIP is part of the name\n", 1, 0, 0 },
		{ "1..0 # SKIP no database\n", 0, 0, 1 },
		{ "1..0\n", 0, 0, 0 },
		{ "", 0, 0, 0 },
		{ "noise\nokay\n1..1\nnoise ok 7\nok 1\n\n", 1, 0, 0 },
		{ "1..1\n    ok 1\n    1..1\nok 1 - parent\n", 1, 0, 0 },
		{ "1..1\nok 1\n  ---\n  not ok 3: text\n  ...\n", 1, 0, 0 },
		{ "1..2\nok 1\n  ---\n  never: ended\nok 2\n", 2, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(report_done) struct report r = { 0 };
		struct error err = { 0 };

		assert_int_equal(0, tap_parse(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_int_equal(cases[i].passed, r.passed);
		assert_int_equal(cases[i].failed, r.failed);
		assert_int_equal(cases[i].skipped, r.skipped);
		assert_int_equal(r.count, r.passed + r.failed + r.skipped);
	}
}

/* True when a case of that name failed with those words. */
static bool has_failure(const struct report *r, const char *name, const char *told)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->cases[i].outcome == CASE_FAILED && strcmp(r->cases[i].name, name) == 0 &&
			strstr(r->cases[i].message, told))
			return true;
	}
	return false;
}

static void test_tap__fails_what_is_not_whole(void **state)
{
	static const struct {
		const char *text, *name, *told;
	} cases[] = {
		{ "ok 1\nok 2\n", "plan", "no plan among 2 lines (a line \"1..2\")" },
		{ "1..3\nok 1\n", "plan",
			"line 1: the plan promises 3 tests, 1 came; missing: 2, 3" },
		{ "ok 1\n1..9\n", "plan", "missing: 2, 3, 4, 5, 6 ..." },
		{ "1..1\nok 1\nok 2\n", "plan", "line 1: the plan promises 1 tests, but 2 came" },
		{ "1..2\nok 1\nok 1\n", "plan", "line 3: test 1 is there twice" },
		{ "1..2\nok 2\nok 2\n", "plan", "missing: 1" },
		{ "1..1\n1..1\nok 1\n", "plan", "line 2: a second plan; the first is in line 1" },
		{ "1..1\nok 999999999999999999999\n", "plan",
			"line 2: the test's number is too large" },
		{ "1..3\nok 1\nBail out! no database\n", "Bail out!", "no database" },
		{ "1..3\nok 1\n    Bail out! deep\n", "Bail out!", "deep" },
		{ "1..1\n    not ok 1 - inner\nok 1 - outer\n", "outer", "subtest failed: inner" },
		{ "1..1\nok 1\n    not ok 1 - orphan\n", "plan", "subtest failed: orphan" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(report_done) struct report r = { 0 };
		struct error err = { 0 };

		assert_int_equal(0, tap_parse(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_true(has_failure(&r, cases[i].name, cases[i].told));
	}
}

static void test_tap__keeps_names_messages_and_times(void **state)
{
	static const char text[] = "1..3\nnot ok 1 - pays in full\n  ---\n  message: 'got 500'\n"
				   "  duration_ms: 12.7\n  ...\n# at the till\n"
				   "ok 2\n# not about a failure\nok 3 - \x1b[31mred\n";
	CLEANUP(report_done) struct report r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, tap_parse(text, sizeof text - 1, &r, &err));
	assert_int_equal(3, r.count);
	assert_string_equal("pays in full", r.cases[0].name);
	assert_string_equal(
		"message: 'got 500'\nduration_ms: 12.7\nat the till", r.cases[0].message);
	assert_int_equal(12, r.cases[0].ms);
	assert_string_equal("test 2", r.cases[1].name);
	assert_string_equal("", r.cases[1].message);
	assert_string_equal("?[31mred", r.cases[2].name);
}

static void test_tap__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "TAP version 99\n1..1\nok 1\n", "line 1: TAP version 99; want 12 to 14" },
		{ "1..1\nTAP version x\n", "line 2: TAP version 0" },
		{ "1..100001\nok 1\n", "line 1: the plan promises more than 100000 tests" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report r = { 0 };
		struct error err = { 0 };

		assert_int_equal(-1, tap_parse(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
		assert_int_equal(0, r.count);
	}
}

static void test_tap__is_limited(void **state)
{
	size_t lines = REPORT_CASES_MAX + 1, size = lines * 3;
	CLEANUP(free) char *text = calloc(1, TAP_SIZE_MAX + 1);
	struct report r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_non_null(text);
	assert_int_equal(-1, tap_parse(text, TAP_SIZE_MAX + 1, &r, &err));
	assert_non_null(strstr(err.text, "longer than"));
	for (size_t i = 0; i < lines; i++)
		memcpy(text + 3 * i, "ok\n", 3);
	assert_int_equal(-1, tap_parse(text, size, &r, &err));
	assert_non_null(strstr(err.text, "more than 100000 tests"));

	CLEANUP(report_done) struct report one = { 0 };

	memset(text, 'x', TAP_SIZE_MAX);
	memcpy(text, "not ok 1 ", 9);
	assert_int_equal(0, tap_parse(text, TAP_SIZE_MAX, &one, &err));
	assert_int_equal(REPORT_NAME_MAX, strlen(one.cases[0].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tap__counts_what_it_reads),
		cmocka_unit_test(test_tap__fails_what_is_not_whole),
		cmocka_unit_test(test_tap__keeps_names_messages_and_times),
		cmocka_unit_test(test_tap__refuses_and_says_where),
		cmocka_unit_test(test_tap__is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
