/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deb822.h"
#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_deb822__reads_paragraphs_and_joins_lines(void **state)
{
	static const char text[] =
		"\n\n# comment\nPackage: bash\nDescription: shell\n the GNU one\n .\n"
		"\nPackage:dash\r\nSize: 9";
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, sizeof text - 1);
	struct error err = { 0 };
	size_t size = 0;

	(void)state;
	assert_int_equal(1, deb822_next(d, &err));
	assert_string_equal("bash", deb822_get(d, "package"));
	assert_string_equal("shell\nthe GNU one\n.", deb822_get(d, "Description"));
	assert_null(deb822_get(d, "Size"));
	assert_int_equal(3, deb822_line(d));
	assert_int_equal(2, deb822_offset(d));
	assert_int_equal(1, deb822_next(d, &err));
	assert_string_equal("dash", deb822_get(d, "Package"));
	assert_string_equal("9", deb822_get(d, "Size"));
	assert_memory_equal("Package:dash\r\nSize: 9", deb822_raw(d, &size), 21);
	assert_int_equal(21, size);
	assert_int_equal(0, deb822_next(d, &err));
	assert_int_equal(0, deb822_next(d, &err));
}

static void test_deb822__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *told;
	} cases[] = {
		{ "A: 1\nno colon here\n", 19, "line 2: no colon in 'no colon here'" },
		{ "\n continued\n", 12, "line 2: continuation without a field" },
		{ "A: 1\na: 2\n", 10, "line 2: field 'a' is there twice" },
		{ ": 2\n", 4, "line 1: field without a name" },
		{ "A: \0\n", 5, "line 1: NUL byte" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(deb822_free)
		struct deb822 *d = deb822_new_text(cases[i].text, cases[i].size);
		struct error err = { 0 };

		assert_int_equal(-1, deb822_next(d, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

static void test_deb822__counts_lines_from_where_it_is_told(void **state)
{
	static const char text[] = "A: 1\nB: 2\n\n\nA: 3\n c\n\nodd\n";
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, sizeof text - 1);
	struct error err = { 0 };

	(void)state;
	deb822_count_from(d, 101);
	assert_int_equal(1, deb822_next(d, &err));
	assert_string_equal("2", deb822_get(d, "B"));
	assert_int_equal(1, deb822_next(d, &err));
	assert_string_equal("3\nc", deb822_get(d, "A"));
	assert_int_equal(105, deb822_line(d));
	assert_int_equal(12, deb822_offset(d));
	assert_int_equal(-1, deb822_next(d, &err));
	assert_non_null(strstr(err.text, "line 108: no colon"));
}

static void test_deb822__passes_over_a_paragraph_of_comments(void **state)
{
	static const char text[] = "# alone\n# still\n\nA: 1\n\n# at the end\n";
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, sizeof text - 1);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(1, deb822_next(d, &err));
	assert_string_equal("1", deb822_get(d, "A"));
	assert_int_equal(4, deb822_line(d));
	assert_int_equal(0, deb822_next(d, &err));
}

/* Four million continuation lines: with a search for the value's end in each, this would take hours. */
static void test_deb822__reads_a_huge_value_in_linear_time(void **state)
{
	size_t lines = 4000000, size = 3 + 3 * lines;
	CLEANUP(free) char *text = malloc(size);
	struct error err = { 0 };

	(void)state;
	assert_non_null(text);
	memcpy(text, "A:\n", 3);
	for (size_t i = 0; i < lines; i++)
		memcpy(text + 3 + 3 * i, " x\n", 3);

	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, size);

	assert_int_equal(1, deb822_next(d, &err));
	assert_int_equal(2 * lines, strlen(deb822_get(d, "A")));
}

static void test_deb822__limits_fields_and_size(void **state)
{
	size_t size = DEB822_PARAGRAPH_MAX + 4096;
	CLEANUP(free) char *text = calloc(1, size + 1), *huge = malloc(size);
	struct error err = { 0 };
	size_t used = 0;

	(void)state;
	assert_non_null(text);
	assert_non_null(huge);
	for (int i = 0; i < 1001; i++)
		used += (size_t)snprintf(text + used, size - used, "F%d: x\n", i);

	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, used);

	assert_int_equal(-1, deb822_next(d, &err));
	assert_non_null(strstr(err.text, "line 1001: more than 1000 fields"));
	memset(huge, 'x', size);

	CLEANUP(deb822_free) struct deb822 *endless = deb822_new_text(huge, size);

	assert_int_equal(-1, deb822_next(endless, &err));
	assert_non_null(strstr(err.text, "paragraph longer than"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deb822__reads_paragraphs_and_joins_lines),
		cmocka_unit_test(test_deb822__refuses_and_says_where),
		cmocka_unit_test(test_deb822__counts_lines_from_where_it_is_told),
		cmocka_unit_test(test_deb822__passes_over_a_paragraph_of_comments),
		cmocka_unit_test(test_deb822__reads_a_huge_value_in_linear_time),
		cmocka_unit_test(test_deb822__limits_fields_and_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
