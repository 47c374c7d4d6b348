/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/opening_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MARK "patchline-begins-0011aabb\n"

static const struct opening_mark mark = { "patchline-begins-0011", "aabb" };

/* Given in pieces of a size: what is ours, what stood before each mark. */
static void take_in_pieces(
	const char *text, size_t piece, struct opening *opening, struct str *ours)
{
	size_t size = strlen(text);

	for (size_t at = 0; at < size; at += piece) {
		size_t now = size - at < piece ? size - at : piece;
		size_t others = opening_take(opening, text + at, now);

		str_add_bytes(ours, text + at + others, now - others);
	}
}

static void test_opening__parts_a_stream_at_its_marks(void **state)
{
	static const struct {
		const char *name, *text;
		size_t wanted;
		const char *first, *second, *ours;
	} cases[] = {
		/* clang-format off */
		{ "nothing stands before",       MARK "Format: 1\n", 1, "", "", "Format: 1\n" },
		{ "a banner",                    "Welcome to web1\n" MARK "a", 1, "Welcome to web1\n", "", "a" },
		{ "a banner with a colon",       "Host: web1\n" MARK "Host: a\n", 1, "Host: web1\n", "", "Host: a\n" },
		{ "a banner without line end",   "Welcome: " MARK "a", 1, "Welcome: ", "", "a" },
		{ "a mark that breaks off",      "patchline-be" MARK "a", 1, "patchline-be", "", "a" },
		{ "a mark that begins in one",   "patchline-begins-0011aabb patchline-pp" MARK "a", 1,
			"patchline-begins-0011aabb patchline-pp", "", "a" },
		{ "an older mark",               "patchline-begins-2222aabb\n" MARK "a", 1, "patchline-begins-2222aabb\n", "", "a" },
		{ "the mark again is ours",      MARK MARK, 1, "", "", MARK },
		{ "two: the shell's, then sudo's", "hello\n" MARK "sudo: who?\n" MARK "a", 2, "hello\n", "sudo: who?\n", "a" },
		{ "the second never comes",      "hello\n" MARK "sudo: no\n", 2, "hello\n", "sudo: no\n", "" },
		{ "none comes",                  "This account is not available\n", 1, "This account is not available\n", "", "" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (size_t piece = 1; piece <= strlen(cases[i].text); piece++) {
			struct opening opening = { .mark = &mark, .wanted = cases[i].wanted };
			CLEANUP(str_done) struct str ours = { 0 };

			take_in_pieces(cases[i].text, piece, &opening, &ours);
			if (!str_equal(cases[i].first, str_text(&opening.words[0])) ||
				!str_equal(cases[i].second, str_text(&opening.words[1])) ||
				!str_equal(cases[i].ours, str_text(&ours)))
				fail_msg("%s, in pieces of %zu: '%s', '%s', '%s'", cases[i].name,
					piece, str_text(&opening.words[0]),
					str_text(&opening.words[1]), str_text(&ours));
			opening_done(&opening);
		}
	}
}

static void test_opening__keeps_little_of_what_is_no_end(void **state)
{
	struct opening opening = { .mark = &mark, .wanted = 1 };
	char noise[4096];

	(void)state;
	memset(noise, 'y', sizeof noise);
	for (int i = 0; i < 100; i++)
		assert_int_equal(sizeof noise, opening_take(&opening, noise, sizeof noise));
	assert_int_equal(1000, opening.words[0].size);
	assert_int_equal(sizeof MARK - 1, opening_take(&opening, MARK "a", sizeof MARK));
	opening_done(&opening);
}

static void test_opening__makes_each_mark_anew(void **state)
{
	struct opening_mark one = { { 0 }, { 0 } }, other = { { 0 }, { 0 } };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, opening_mark_make(&one, &err));
	assert_int_equal(0, opening_mark_make(&other, &err));
	assert_string_not_equal(one.first, other.first);
	assert_string_not_equal(one.second, other.second);
	assert_null(strchr(one.first + 1, *one.first));
	assert_null(strchr(one.second, *one.first));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opening__parts_a_stream_at_its_marks),
		cmocka_unit_test(test_opening__keeps_little_of_what_is_no_end),
		cmocka_unit_test(test_opening__makes_each_mark_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
