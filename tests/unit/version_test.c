/* SPDX-License-Identifier: Apache-2.0 */
#include "model/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

/* Each line was checked with `dpkg --compare-versions`; tests/plan/versions asks it about thousands. */
static void test_version__orders_as_dpkg_does(void **state)
{
	static const struct {
		const char *a, *b;
		int order;
	} cases[] = {
		{ "1.0", "1.0", 0 },
		{ "1.0", "1.0-0", 0 },
		{ "1.", "1.0", 0 },
		{ "0:1", "1", 0 },
		{ "00:1", "1", 0 },
		{ "1.0~", "1.0", -1 },
		{ "1.0~rc1-1", "1.0-1", -1 },
		{ "1.0~~", "1.0~", -1 },
		{ "1.0", "1.0a", -1 },
		{ "1.0a", "1.0+", -1 },
		{ "1.0+b1", "1.0.1", -1 },
		{ "1.09", "1.10", -1 },
		{ "1.010", "1.10", 0 },
		{ "9", "10", -1 },
		{ "1:0.1", "9.9", 1 },
		{ "2:1", "10:1", -1 },
		{ "1-1", "1-1.1", -1 },
		{ "1-1~deb12u1", "1-1", -1 },
		{ "2.36-9+deb12u7", "2.36-9+deb12u14", -1 },
		{ "1.2-3-4", "1.2-3-10", -1 },
		{ "2.12.3-1", "2.12.3-SNAPSHOT", -1 },
		{ "99999999999999999999999999", "100000000000000000000000000", -1 },
		{ "1a1", "1a01", 0 },
		{ "1.0-1+b9", "1.0-1+b10", -1 },
		{ "", "0", 0 },
		{ "1.8.0-1", "1.8.0-1~bpo1", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(cases[i].order,
			sign(version_compare(&version_order_dpkg, cases[i].a, cases[i].b)));
		assert_int_equal(-cases[i].order,
			sign(version_compare(&version_order_dpkg, cases[i].b, cases[i].a)));
	}
}

static void test_version__satisfies_each_relation(void **state)
{
	static const char *const newer_first[] = { "2", "1.5", "1" };
	static const bool expected[VERSION_RELATION_COUNT][3] = {
		[VERSION_ANY] = { true, true, true },
		[VERSION_LESS] = { false, false, true },
		[VERSION_LESS_EQUAL] = { false, true, true },
		[VERSION_EQUAL] = { false, true, false },
		[VERSION_GREATER_EQUAL] = { true, true, false },
		[VERSION_GREATER] = { true, false, false },
	};

	(void)state;
	for (int relation = 0; relation < VERSION_RELATION_COUNT; relation++) {
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(expected[relation][i],
				version_satisfies(&version_order_dpkg, newer_first[i],
					(enum version_relation)relation, "1.5"));
	}
}

static void test_version__knows_what_dpkg_refuses(void **state)
{
	static const char *const good[] = { "1", "1:1.0-1", "1.0~rc1+dfsg-2.1", "0", "1:2:3-4",
		"1-2-3", "20250520", "2147483647:1", "00000000001:1", "0:0", "1.0~", "1.0+",
		"1.0-~" };
	static const char *const bad[] = { "", ":1", "a:1", "1:", "1-", "1 0", "1.0_1", "1/2",
		"1:-1", "2147483648:1", "99999999999999999999:1", "1-1:2", "1\n" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(version_order_dpkg.is_valid(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(version_order_dpkg.is_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version__orders_as_dpkg_does),
		cmocka_unit_test(test_version__satisfies_each_relation),
		cmocka_unit_test(test_version__knows_what_dpkg_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
