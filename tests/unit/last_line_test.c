/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/last_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *said, *last;
} cases[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "Unpacking openssl\n", "Unpacking openssl" },
	{ "Unpacking openssl\n\n  \n", "Unpacking openssl" },
	{ "Unpacking\nSetting up openssl", "Setting up openssl" },
	{ "Reading 1%\rReading 50%\r", "Reading 50%" },
	{ "one\r\ntwo\r\n", "two" },
};

static void test_last_line__keeps_the_last_line_that_says_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct last_line h = { 0 };
		char line[LAST_LINE_SIZE];

		last_line_add(&h, cases[i].said, strlen(cases[i].said));
		assert_string_equal(cases[i].last, last_line_take(&h, line));
	}
}

static void test_last_line__is_the_same_however_the_pieces_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct last_line h = { 0 };
		char line[LAST_LINE_SIZE];

		for (const char *at = cases[i].said; *at; at++)
			last_line_add(&h, at, 1);
		assert_string_equal(cases[i].last, last_line_take(&h, line));
	}
}

static void test_last_line__knows_what_is_new(void **state)
{
	struct last_line h = { 0 };
	char line[LAST_LINE_SIZE];

	(void)state;
	last_line_add(&h, "", 0);
	assert_false(h.is_new);
	last_line_add(&h, "a\n", 2);
	assert_true(h.is_new);
	last_line_take(&h, line);
	assert_false(h.is_new);
	assert_string_equal("a", last_line_take(&h, line));
}

static void test_last_line__cuts_lines_without_end(void **state)
{
	struct last_line h = { 0 };
	char line[LAST_LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < 10 * (size_t)LAST_LINE_SIZE; i++)
		last_line_add(&h, "x", 1);
	assert_int_equal(LAST_LINE_SIZE - 1, strlen(last_line_take(&h, line)));
	last_line_add(&h, "\ny", 2);
	assert_string_equal("y", last_line_take(&h, line));
}

/* A minute of a program that prints a line each 10 ms: how often it is told. */
static size_t count_told(size_t hosts_at_work)
{
	struct last_line h = { 0 };
	char line[LAST_LINE_SIZE];
	size_t told = 0;

	for (int64_t now = 100000; now < 160000; now += 10) {
		last_line_add(&h, "line\n", 5);
		if (!last_line_is_due(&h, now, hosts_at_work))
			continue;
		last_line_take(&h, line);
		told++;
	}
	return told;
}

static void test_last_line__is_told_now_and_then(void **state)
{
	(void)state;
	assert_int_equal(60, count_told(1));
	assert_int_equal(60, count_told(10));
	assert_int_equal(6, count_told(100));
}

/* The last line before a silence is the one that people want to see: it is told later, and once. */
static void test_last_line__tells_the_last_line_in_a_silence(void **state)
{
	struct last_line h = { 0 };
	char line[LAST_LINE_SIZE];

	(void)state;
	last_line_add(&h, "first\n", 6);
	assert_true(last_line_is_due(&h, 5000, 1));
	last_line_take(&h, line);
	last_line_add(&h, "second\n", 7);
	assert_false(last_line_is_due(&h, 5999, 1));
	last_line_add(&h, "", 0);
	assert_true(last_line_is_due(&h, 6000, 1));
	assert_string_equal("second", last_line_take(&h, line));
	assert_false(last_line_is_due(&h, 60000, 1));
}

static void test_last_line__forgets_the_step_before(void **state)
{
	struct last_line h = { 0 };
	char line[LAST_LINE_SIZE];

	(void)state;
	last_line_add(&h, "staged\n", 7);
	assert_true(last_line_is_due(&h, 5000, 1));
	last_line_begin(&h);
	assert_string_equal("", last_line_take(&h, line));
	last_line_add(&h, "applied\n", 8);
	assert_false(last_line_is_due(&h, 5500, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_line__keeps_the_last_line_that_says_something),
		cmocka_unit_test(test_last_line__is_the_same_however_the_pieces_come),
		cmocka_unit_test(test_last_line__knows_what_is_new),
		cmocka_unit_test(test_last_line__cuts_lines_without_end),
		cmocka_unit_test(test_last_line__is_told_now_and_then),
		cmocka_unit_test(test_last_line__tells_the_last_line_in_a_silence),
		cmocka_unit_test(test_last_line__forgets_the_step_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
