/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/hearing.h"

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

static void test_hearing__keeps_the_last_line_that_says_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hearing h = { 0 };
		char line[HEARING_SIZE];

		hearing_add(&h, cases[i].said, strlen(cases[i].said));
		assert_string_equal(cases[i].last, hearing_take(&h, line));
	}
}

static void test_hearing__is_the_same_however_the_pieces_come(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hearing h = { 0 };
		char line[HEARING_SIZE];

		for (const char *at = cases[i].said; *at; at++)
			hearing_add(&h, at, 1);
		assert_string_equal(cases[i].last, hearing_take(&h, line));
	}
}

static void test_hearing__knows_what_is_new(void **state)
{
	struct hearing h = { 0 };
	char line[HEARING_SIZE];

	(void)state;
	hearing_add(&h, "", 0);
	assert_false(h.is_new);
	hearing_add(&h, "a\n", 2);
	assert_true(h.is_new);
	hearing_take(&h, line);
	assert_false(h.is_new);
	assert_string_equal("a", hearing_take(&h, line));
}

static void test_hearing__cuts_lines_without_end(void **state)
{
	struct hearing h = { 0 };
	char line[HEARING_SIZE];

	(void)state;
	for (size_t i = 0; i < 10 * (size_t)HEARING_SIZE; i++)
		hearing_add(&h, "x", 1);
	assert_int_equal(HEARING_SIZE - 1, strlen(hearing_take(&h, line)));
	hearing_add(&h, "\ny", 2);
	assert_string_equal("y", hearing_take(&h, line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hearing__keeps_the_last_line_that_says_something),
		cmocka_unit_test(test_hearing__is_the_same_however_the_pieces_come),
		cmocka_unit_test(test_hearing__knows_what_is_new),
		cmocka_unit_test(test_hearing__cuts_lines_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
