/* SPDX-License-Identifier: Apache-2.0 */
#include "model/group.h"
#include "policy/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ALL                                                                                        \
	{                                                                                          \
		100, true                                                                          \
	}

/* A group with these budgets, all others at 100 %. */
static struct group group_of(struct portion wave, struct portion failure)
{
	struct group g = { .name = "web", .wave_budget = wave, .failure_budget = failure };

	for (size_t i = 0; i < FAILURE_COUNT; i++)
		g.budgets.of[i] = (struct portion)ALL;
	return g;
}

static bool is_exceeded(const struct group *g, struct tally wave, struct tally group, char *reason)
{
	const struct portion all = ALL;
	const struct budget_facts facts = { &all, g, wave, group, group };

	return budget_is_exceeded(&facts, reason, 200);
}

static void test_budget__counts_failures_and_not_absence(void **state)
{
	static const struct {
		struct portion budget;
		size_t hosts, failed, unreachable;
		bool is_exceeded;
	} cases[] = {
		{ { 0, false }, 4, 0, 0, false },
		{ { 0, false }, 4, 1, 0, true },
		{ { 0, false }, 4, 0, 4, false },
		{ { 1, false }, 4, 1, 3, false },
		{ { 25, true }, 4, 1, 0, false },
		{ { 25, true }, 4, 2, 0, true },
		{ { 10, true }, 9, 1, 0, true }, /* a share is not rounded up */
		{ { 10, true }, 10, 1, 0, false },
		{ { 10, true }, 1, 1, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct group g = group_of((struct portion)ALL, cases[i].budget);
		struct tally t = { .hosts = cases[i].hosts };
		char reason[200] = "";

		t.of[FAILURE_APPLY] = cases[i].failed;
		t.of[FAILURE_UNREACHABLE] = cases[i].unreachable;
		assert_int_equal(cases[i].is_exceeded, is_exceeded(&g, t, t, reason));
		assert_int_equal(cases[i].is_exceeded, *reason != '\0');
	}
}

static void test_budget__of_a_wave_counts_that_wave_alone(void **state)
{
	struct group g = group_of((struct portion){ 50, true }, (struct portion)ALL);
	struct tally canary = { .hosts = 1 }, wave = { .hosts = 10 }, group = { .hosts = 11 };
	char reason[200] = "";

	(void)state;
	canary.of[FAILURE_VERIFY] = 1;
	assert_true(is_exceeded(&g, canary, group, reason));
	assert_string_equal(reason, "1 of 1 hosts of the wave failed; wave-budget is 50%");
	group.of[FAILURE_VERIFY] = 6;
	assert_false(is_exceeded(&g, wave, group, reason));
}

static void test_budget__of_a_type_stops_for_that_type_alone(void **state)
{
	struct group g = group_of((struct portion)ALL, (struct portion)ALL);
	struct tally t = { .hosts = 4 };
	char reason[200] = "";

	(void)state;
	g.budgets.of[FAILURE_UNREACHABLE] = (struct portion){ 1, false };
	t.of[FAILURE_APPLY] = 4;
	t.of[FAILURE_UNREACHABLE] = 1;
	assert_false(is_exceeded(&g, t, t, reason));
	t.of[FAILURE_UNREACHABLE] = 2;
	assert_true(is_exceeded(&g, t, t, reason));
	assert_string_equal(
		reason, "2 of 4 hosts of group 'web' failed with unreachable; its budget is 1");
}

static void test_failure__every_step_has_a_type(void **state)
{
	(void)state;
	for (size_t i = 0; i < STEP_COUNT; i++)
		assert_int_not_equal(FAILURE_NONE, failure_of_step((enum step)i));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget__counts_failures_and_not_absence),
		cmocka_unit_test(test_budget__of_a_wave_counts_that_wave_alone),
		cmocka_unit_test(test_budget__of_a_type_stops_for_that_type_alone),
		cmocka_unit_test(test_failure__every_step_has_a_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
