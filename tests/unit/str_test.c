/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_str__grows_as_needed(void **state)
{
	CLEANUP(str_done) struct str s = { 0 };

	(void)state;
	assert_string_equal("", str_text(&s));
	str_add(&s, "");
	for (int i = 0; i < 1000; i++)
		str_addf(&s, "%03d", i);
	assert_int_equal(3000, s.size);
	assert_memory_equal("000001002", str_text(&s), 9);
	assert_string_equal("999", str_text(&s) + 2997);
	str_add_bytes(&s, "a\0b", 3);
	assert_int_equal(3003, s.size);
	assert_memory_equal("a\0b", str_text(&s) + 3000, 4);
}

static void test_str__is_taken_and_used_again(void **state)
{
	CLEANUP(str_done) struct str s = { 0 };
	CLEANUP(free) char *empty = str_take(&s);

	(void)state;
	assert_string_equal("", empty);
	str_add(&s, "x");

	CLEANUP(free) char *taken = str_take(&s);

	assert_string_equal("x", taken);
	assert_string_equal("", str_text(&s));
	assert_int_equal(0, s.size);
}

static void test_str__quotes_for_a_shell(void **state)
{
	CLEANUP(str_done) struct str s = { 0 };

	(void)state;
	str_add_quoted(&s, "it's $5");
	str_add_quoted(&s, "");
	str_add_quoted(&s, "''");
	assert_string_equal("'it'\\''s $5'''''\\'''\\'''", str_text(&s));
}

static void test_str__makes_claims_about_plain_texts(void **state)
{
	(void)state;
	assert_true(str_starts("abc", "ab"));
	assert_true(str_starts("abc", ""));
	assert_false(str_starts("ab", "abc"));
	assert_true(str_ends("abc", "bc"));
	assert_false(str_ends("c", "bc"));
	assert_true(str_equal(NULL, NULL));
	assert_false(str_equal("", NULL));
	assert_true(str_equal("a", "a"));
}

static void test_str__trims_both_ends(void **state)
{
	static const struct {
		const char *text, *trimmed;
	} cases[] = { { "", "" }, { " \t\n", "" }, { " a b\r\n", "a b" }, { "\xa0x", "\xa0x" } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char copy[16];

		strcpy(copy, cases[i].text);
		assert_string_equal(cases[i].trimmed, str_trim(copy));
	}
}

static void test_str__finds_the_word_that_was_meant(void **state)
{
	static const char *const known[] = { "sources", "suites", "ssh", NULL };
	static const struct {
		const char *word, *meant;
	} cases[] = {
		{ "surces", "sources" },
		{ "suite", "suites" },
		{ "shs", "ssh" },
		{ "environments", NULL },
		{ "", NULL },
	};
	char huge[1000];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *found = str_nearest(cases[i].word, known);

		assert_true(str_equal(cases[i].meant, found));
	}
	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	assert_null(str_nearest(huge, known));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_str__grows_as_needed),
		cmocka_unit_test(test_str__is_taken_and_used_again),
		cmocka_unit_test(test_str__quotes_for_a_shell),
		cmocka_unit_test(test_str__makes_claims_about_plain_texts),
		cmocka_unit_test(test_str__trims_both_ends),
		cmocka_unit_test(test_str__finds_the_word_that_was_meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
