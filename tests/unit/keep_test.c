/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"
#include "policy/keep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW   1000
#define AGE   100
#define SETS  4
#define OLD   (NOW - AGE - 1)
#define YOUNG (NOW - AGE)

static void test_keep__by_age_and_number(void **state)
{
	static const struct {
		struct keep_policy policy;
		struct keep_set set;
		bool may_go;
	} cases[] = {
		{ { AGE, 0 }, { "a", OLD, NULL, false }, true },
		{ { AGE, 0 }, { "a", YOUNG, NULL, false }, false },
		{ { AGE, 0 }, { "a", OLD, "production runs it", false }, false },
		{ { AGE, 1 }, { "a", OLD, NULL, false }, false },
		/* without a policy */
		{ { 0, 0 }, { "a", 0, NULL, false }, false },
		/* from the future, after the clock was set back */
		{ { AGE, 0 }, { "a", NOW + 5000, NULL, false }, false },
		/* an age beyond all time */
		{ { INT64_MAX, 0 }, { "a", 0, NULL, false }, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct keep_set set = cases[i].set;

		keep_decide(&cases[i].policy, NOW, &set, 1);
		if (set.may_go != cases[i].may_go)
			fail_msg("case %zu", i);
	}
}

/* Every world of four sets: each old or young, needed or not, and every number that is kept. */
static void test_keep__never_what_is_needed_in_any_world(void **state)
{
	size_t worlds = 0, gone = 0;

	(void)state;
	for (unsigned bits = 0; bits < 1U << (2 * SETS); bits++) {
		for (unsigned number = 0; number <= SETS + 1; number++, worlds++) {
			const struct keep_policy policy = { AGE, number };
			struct keep_set sets[SETS] = { 0 };

			for (unsigned i = 0; i < SETS; i++) {
				sets[i].created_at = bits >> i & 1 ? OLD : YOUNG;
				sets[i].held_by = bits >> (SETS + i) & 1 ? "it" : NULL;
			}
			keep_decide(&policy, NOW, sets, SETS);
			for (unsigned i = 0; i < SETS; i++) {
				bool stays = sets[i].held_by || i < number ||
					     sets[i].created_at == YOUNG;

				assert_int_equal(!stays, sets[i].may_go);
				gone += sets[i].may_go;
			}
		}
	}
	assert_int_equal(256 * 6, worlds);
	assert_true(gone > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep__by_age_and_number),
		cmocka_unit_test(test_keep__never_what_is_needed_in_any_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
