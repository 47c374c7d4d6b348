/* SPDX-License-Identifier: Apache-2.0 */
#include "model/clone_state.h"
#include "model/rehearsal_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Both tables of moves, walked alike. */
static bool clone_moves(int from, int to)
{
	return clone_state_may_become((enum clone_state)from, (enum clone_state)to);
}

static bool rehearsal_moves(int from, int to)
{
	return rehearsal_state_may_become((enum rehearsal_state)from, (enum rehearsal_state)to);
}

/* Which states can be come to, over any number of moves; the bit of `from` is set as well. */
static unsigned reach(bool (*moves)(int, int), int count, int from)
{
	unsigned seen = 1U << from, before = 0;

	while (seen != before) {
		before = seen;
		for (int i = 0; i < count; i++) {
			for (int to = 0; to < count; to++) {
				if ((seen & 1U << i) && moves(i, to))
					seen |= 1U << to;
			}
		}
	}
	return seen;
}

static void test_clone_state__every_state_is_come_to_and_can_end(void **state)
{
	(void)state;
	assert_int_equal((1U << CLONE_COUNT) - 1, reach(clone_moves, CLONE_COUNT, CLONE_MAKING));
	for (int from = 0; from < CLONE_COUNT; from++) {
		assert_false(clone_moves(from, from));
		assert_false(from != CLONE_MAKING && clone_moves(from, CLONE_MAKING));
		assert_true(reach(clone_moves, CLONE_COUNT, from) & 1U << CLONE_REMOVED);
		assert_int_equal(
			from == CLONE_REMOVED, clone_state_is_final((enum clone_state)from));
	}
}

/* Once removing has begun, machines may be gone: nothing leads back. */
static void test_clone_state__removing_has_one_way(void **state)
{
	(void)state;
	for (int to = 0; to < CLONE_COUNT; to++)
		assert_int_equal(to == CLONE_REMOVED, clone_moves(CLONE_REMOVING, to));
}

/* Removing takes kept originals along: never while they or the clone are between two places. */
static void test_clone_state__is_not_removed_between_two_places(void **state)
{
	(void)state;
	assert_false(clone_moves(CLONE_SWAPPING, CLONE_REMOVING));
	assert_false(clone_moves(CLONE_RETURNING, CLONE_REMOVING));
	assert_false(clone_moves(CLONE_ENTERING, CLONE_REMOVING));
	assert_true(clone_moves(CLONE_SWAPPING, CLONE_RETURNING));
	assert_true(clone_moves(CLONE_SWAPPED, CLONE_RETURNING));
	assert_false(clone_moves(CLONE_SWAPPING, CLONE_RUNNING));
}

static void test_rehearsal_state__every_state_is_come_to_and_can_end(void **state)
{
	(void)state;
	assert_int_equal((1U << REHEARSAL_COUNT) - 1,
		reach(rehearsal_moves, REHEARSAL_COUNT, REHEARSAL_RUNNING));
	for (int from = 0; from < REHEARSAL_COUNT; from++) {
		bool is_final = from == REHEARSAL_ENTERED || from == REHEARSAL_ENDED;

		assert_false(rehearsal_moves(from, from));
		assert_int_equal(is_final, rehearsal_state_is_final((enum rehearsal_state)from));
		assert_true(is_final || rehearsal_moves(from, REHEARSAL_ENDED));
	}
	assert_false(rehearsal_moves(REHEARSAL_RUNNING, REHEARSAL_ENTERED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clone_state__every_state_is_come_to_and_can_end),
		cmocka_unit_test(test_clone_state__removing_has_one_way),
		cmocka_unit_test(test_clone_state__is_not_removed_between_two_places),
		cmocka_unit_test(test_rehearsal_state__every_state_is_come_to_and_can_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
