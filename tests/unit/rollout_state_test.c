/* SPDX-License-Identifier: Apache-2.0 */
#include "model/approval.h"
#include "model/clone_action_state.h"
#include "model/clone_state.h"
#include "model/environment_status.h"
#include "model/host_verdict.h"
#include "model/lane.h"
#include "model/outcome.h"
#include "model/rehearsal_origin.h"
#include "model/rehearsal_state.h"
#include "model/rollout_state.h"
#include "model/step.h"
#include "model/step_state.h"
#include "model/subject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct names *const tables[] = {
	&approval_names,
	&clone_action_state_names,
	&clone_state_names,
	&lane_names,
	&rehearsal_origin_names,
	&rehearsal_state_names,
	&environment_status_names,
	&host_verdict_names,
	&outcome_names,
	&rollout_state_names,
	&step_names,
	&step_state_names,
	&subject_names,
};

/* Words are kept in the store: each value has one, no two the same, and it leads back to its value. */
static void test_names__every_word_leads_back_to_its_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		assert_true(tables[i]->count > 1);
		for (int value = 0; value < tables[i]->count; value++) {
			const char *word = names_word(tables[i], value);

			assert_non_null(word);
			assert_int_equal(value, names_find(tables[i], word));
			assert_int_equal(strlen(word), strspn(word, "abcdefghijklmnopqrstuvwxyz-"));
		}
	}
}

static void test_names__a_strange_word_is_no_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		assert_int_equal(-1, names_find(tables[i], "strange"));
		assert_int_equal(-1, names_find(tables[i], ""));
		assert_int_equal(-1, names_find(tables[i], NULL));
	}
	assert_int_equal(HOST_NOTHING_TO_DO, names_find(&host_verdict_names, "nothing-to-do"));
}

/* From wherever it stands, a rollout that is not final can still be given up. */
static void test_rollout_state__can_always_end(void **state)
{
	(void)state;
	for (int i = 0; i < ROLLOUT_STATE_COUNT; i++) {
		enum rollout_state from = (enum rollout_state)i;

		assert_false(rollout_state_may_become(from, from));
		if (rollout_state_is_final(from))
			continue;
		assert_true(
			from == ROLLOUT_RUNNING || rollout_state_may_become(from, ROLLOUT_RUNNING));
		assert_true(rollout_state_may_become(from, ROLLOUT_CANCELLED));
	}
}

static void test_rollout_state__final_ones_stay(void **state)
{
	(void)state;
	assert_true(rollout_state_is_final(ROLLOUT_DONE));
	assert_true(rollout_state_is_final(ROLLOUT_CANCELLED));
	assert_false(rollout_state_is_final(ROLLOUT_STOPPED));
	for (int to = 0; to < ROLLOUT_STATE_COUNT; to++)
		assert_false(rollout_state_may_become(ROLLOUT_DONE, (enum rollout_state)to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names__every_word_leads_back_to_its_value),
		cmocka_unit_test(test_names__a_strange_word_is_no_value),
		cmocka_unit_test(test_rollout_state__can_always_end),
		cmocka_unit_test(test_rollout_state__final_ones_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
