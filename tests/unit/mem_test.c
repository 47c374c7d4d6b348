/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_mem__is_zeroed_and_never_null(void **state)
{
	CLEANUP(free) char *some = mem_new(100, 1), *none = mem_new(0, 8);

	(void)state;
	assert_non_null(none);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(0, some[i]);
}

static void test_mem__copies_texts(void **state)
{
	CLEANUP(free) char *whole = mem_strdup("abc"), *part = mem_strndup("abc", 2);
	CLEANUP(free) char *over = mem_strndup("abc", 9), *built = mem_printf("%s-%d", "a", 7);

	(void)state;
	assert_null(mem_strdup(NULL));
	assert_string_equal("abc", whole);
	assert_string_equal("ab", part);
	assert_string_equal("abc", over);
	assert_string_equal("a-7", built);
}

static void test_mem__grows_and_zeroes_what_is_new(void **state)
{
	size_t capacity = 0;
	CLEANUP(free) int *items = NULL;

	(void)state;
	items = mem_grow(items, &capacity, sizeof *items);
	assert_true(capacity > 0);
	for (size_t i = 0; i < capacity; i++)
		items[i] = (int)i;

	size_t before = capacity;

	items = mem_grow(items, &capacity, sizeof *items);
	assert_int_equal(2 * before, capacity);
	for (size_t i = 0; i < capacity; i++)
		assert_int_equal(i < before ? (int)i : 0, items[i]);
}

static void test_own__gives_away_what_it_steals(void **state)
{
	char *kept = NULL;

	(void)state;
	{
		CLEANUP(free) char *text = mem_strdup("x");

		kept = STEAL(&text);
		assert_null(text);
	}
	assert_string_equal("x", kept);
	free(kept);
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void test_mem__sorts_whatever_the_order_was(void **state)
{
	static const int orders[][4] = { { 1, 2, 3, 4 }, { 2, 1, 3, 4 }, { 1, 2, 4, 3 },
		{ 4, 3, 2, 1 } };

	(void)state;
	mem_sort(NULL, 0, sizeof(int), by_value);
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		int items[4];

		memcpy(items, orders[i], sizeof items);
		mem_sort(items, 4, sizeof *items, by_value);
		assert_memory_equal(orders[0], items, sizeof items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mem__is_zeroed_and_never_null),
		cmocka_unit_test(test_mem__copies_texts),
		cmocka_unit_test(test_mem__grows_and_zeroes_what_is_new),
		cmocka_unit_test(test_mem__sorts_whatever_the_order_was),
		cmocka_unit_test(test_own__gives_away_what_it_steals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
