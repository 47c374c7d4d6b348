/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/healthy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MATES 3

static void test_healthy__counts_who_serves_meanwhile(void **state)
{
	static const struct {
		unsigned least;
		size_t count;
		struct healthy_sibling siblings[MATES];
		const char *reason; /* NULL: they are enough */
	} cases[] = {
		{ 0, 0, { { 0 } }, NULL },
		{ 1, 1, { { "web2", false, HOST_WAITING, false } }, NULL },
		{ 1, 1, { { "web2", false, HOST_DONE, false } }, NULL },
		{ 1, 1, { { "web2", false, HOST_REVERTED, false } }, NULL },
		{ 1, 0, { { 0 } },
			"0 of 0 other hosts of group 'web' would serve meanwhile, min-healthy is 1" },
		{ 1, 1, { { "web2", true, HOST_WAITING, false } },
			"0 of 1 other hosts of group 'web' would serve meanwhile, min-healthy is 1: web2 is "
			"patched with it" },
		{ 2, 3,
			{ { "web2", false, HOST_UNREACHABLE, false },
				{ "web3", false, HOST_DONE, false },
				{ "web4", false, HOST_DONE, true } },
			"1 of 3 other hosts of group 'web' would serve meanwhile, min-healthy is 2: web2 is "
			"unreachable, web4 is drained" },
		{ 3, 3,
			{ { "web2", false, HOST_FAILED, true },
				{ "web3", false, HOST_WAITING, false },
				{ "web4", false, HOST_NOTHING_TO_DO, false } },
			"2 of 3 other hosts of group 'web' would serve meanwhile, min-healthy is 3: web2 failed "
			"in this rollout" },
		{ 2, 3,
			{ { "web2", false, HOST_FAILED, true },
				{ "web3", false, HOST_WAITING, false },
				{ "web4", false, HOST_SKIPPED, false } },
			NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct healthy_facts facts = { "web", cases[i].least, cases[i].siblings,
			cases[i].count };
		char reason[HEALTHY_REASON_SIZE] = "untouched";
		bool is_enough = healthy_is_enough(&facts, reason, sizeof reason);

		assert_int_equal(!cases[i].reason, is_enough);
		assert_string_equal(cases[i].reason ? cases[i].reason : "untouched", reason);
	}
}

static void test_healthy__cuts_a_reason_that_is_too_long(void **state)
{
	static const struct healthy_sibling siblings[] = {
		{ "web2", false, HOST_UNREACHABLE, false },
		{ "web3", false, HOST_UNREACHABLE, false },
	};
	const struct healthy_facts facts = { "web", 1, siblings, 2 };

	(void)state;
	for (size_t size = 1; size < 150; size++) {
		char reason[HEALTHY_REASON_SIZE];

		memset(reason, '#', sizeof reason);
		assert_false(healthy_is_enough(&facts, reason, size));
		assert_non_null(memchr(reason, '\0', size));
		assert_int_equal('#', reason[size]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy__counts_who_serves_meanwhile),
		cmocka_unit_test(test_healthy__cuts_a_reason_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
