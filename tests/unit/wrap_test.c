/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own.h"
#include "present/wrap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_wrap__parts_lines_between_words(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *lines;
	} cases[] = {
		{ "", 5, "" },
		{ "one", 5, "one" },
		{ "one two", 7, "one two" },
		{ "one two", 6, "one\ntwo" },
		{ "one  two\nthree", 20, "one two three" },
		{ "no route to host", 9, "no route\nto host" },
		{ "abcdefgh", 3, "abc\ndef\ngh" },
		{ "a abcdefgh b", 4, "a\nabcd\nefgh\nb" },
		{ "a b", 1, "a\nb" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *lines = wrap_words(cases[i].text, cases[i].width);

		assert_string_equal(cases[i].lines, lines);
	}
}

/* Nothing gets lost or too long, whatever the width. */
static void test_wrap__keeps_every_letter(void **state)
{
	static const char text[] = "its gate still wants: test 'smoke' has not run in development";

	(void)state;
	for (size_t width = 1; width < sizeof text; width++) {
		CLEANUP(free) char *lines = wrap_words(text, width);
		const char *from = text;

		for (const char *line = lines; *line;
			line += strcspn(line, "\n"), line += *line != 0)
			assert_in_range(strcspn(line, "\n"), 1, width);
		for (const char *c = lines; *c; c++) {
			if (*c == '\n' || *c == ' ')
				continue;
			from += strspn(from, " ");
			assert_int_equal(*from++, *c);
		}
		assert_int_equal('\0', *from);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrap__parts_lines_between_words),
		cmocka_unit_test(test_wrap__keeps_every_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
