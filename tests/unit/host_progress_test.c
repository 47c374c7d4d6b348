/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/host_progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH 3 /* steps of a sequence: all of this length are tried */
#define ENDS   (STEP_STATE_COUNT * STEP_COUNT)

static bool is_same(const struct host_progress *a, const struct host_progress *b)
{
	return a->attempts == b->attempts && a->step == b->step && a->outcome == b->outcome &&
	       a->now.is_changed == b->now.is_changed &&
	       a->now.is_reboot_owed == b->now.is_reboot_owed && a->now.proof == b->now.proof &&
	       memcmp(a->was_run, b->was_run, sizeof a->was_run) == 0;
}

/* While it goes on: written down before it is done, and after; a host that was at work is asked later. */
static void live(struct host_progress *p, int64_t attempt, enum step step, enum step_state end)
{
	host_progress_note(p, attempt, step, STEP_STATE_STARTED);
	if (end != STEP_STATE_STARTED)
		host_progress_note(p, attempt, step, STEP_STATE_AT_WORK);
	if (end != STEP_STATE_STARTED)
		host_progress_note(p, attempt, step, end);
}

/* The number-th sequence: every step with every end, in every order, over two attempts. */
static void compare(unsigned number, enum direction direction)
{
	struct host_progress going = host_progress_none(direction), read = going;

	for (int i = 0; i < LENGTH; i++, number /= ENDS) {
		enum step step = (enum step)(number % ENDS / STEP_STATE_COUNT);
		enum step_state end = (enum step_state)(number % STEP_STATE_COUNT);
		int64_t attempt = i < LENGTH / 2 ? 1 : 2 + i;

		live(&going, attempt, step, end);
		host_progress_note(&read, attempt, step, end);
		if (!is_same(&going, &read))
			fail_msg("sequence %u, step %d", number, i);
	}
}

static void test_progress__is_the_same_while_it_goes_on_and_from_the_journal(void **state)
{
	unsigned count = 1;

	(void)state;
	for (int i = 0; i < LENGTH; i++)
		count *= ENDS;
	for (unsigned i = 0; i < count; i++) {
		compare(i, DIRECTION_FORWARD);
		compare(i, DIRECTION_BACK);
	}
}

/* One step of a case. */
struct taken {
	int64_t attempt;
	enum step step;
	enum step_state end;
};

static void test_progress__says_what_a_host_is(void **state)
{
	static const struct {
		struct taken steps[5];
		struct host_standing want;
	} cases[] = {
		{ { { 0 } }, { false, false, PROOF_NEEDLESS } },
		{ { { 1, STEP_STAGE, STEP_STATE_DONE }, { 1, STEP_DRAIN, STEP_STATE_LOST } },
			{ false, false, PROOF_NEEDLESS } },
		/* Refused before any change: as it was. */
		{ { { 1, STEP_APPLY, STEP_STATE_REFUSED } }, { false, false, PROOF_NEEDLESS } },
		/* What may have been done counts as done. */
		{ { { 1, STEP_APPLY, STEP_STATE_STARTED } }, { true, true, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_AT_WORK } }, { true, true, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_LOST } }, { true, true, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_FAILED } }, { true, true, PROOF_OWED } },
		/* Until more is known. */
		{ { { 1, STEP_APPLY, STEP_STATE_AT_WORK }, { 1, STEP_APPLY, STEP_STATE_REFUSED } },
			{ false, false, PROOF_NEEDLESS } },
		{ { { 1, STEP_APPLY, STEP_STATE_DONE }, { 1, STEP_REBOOT, STEP_STATE_DONE },
			  { 1, STEP_VERIFY, STEP_STATE_DONE } },
			{ true, false, PROOF_GIVEN } },
		{ { { 1, STEP_APPLY, STEP_STATE_DONE }, { 1, STEP_VERIFY, STEP_STATE_FAILED } },
			{ true, true, PROOF_OWED } },
		/* A second apply that is refused changes nothing of what the first one did. */
		{ { { 1, STEP_APPLY, STEP_STATE_DONE }, { 1, STEP_VERIFY, STEP_STATE_DONE },
			  { 2, STEP_APPLY, STEP_STATE_REFUSED } },
			{ true, true, PROOF_GIVEN } },
		/* A look that came to no end tells nothing. */
		{ { { 1, STEP_APPLY, STEP_STATE_DONE }, { 1, STEP_VERIFY, STEP_STATE_DONE },
			  { 2, STEP_VERIFY, STEP_STATE_LOST } },
			{ true, true, PROOF_GIVEN } },
		{ { { 1, STEP_APPLY, STEP_STATE_DONE }, { 1, STEP_VERIFY, STEP_STATE_DONE },
			  { 2, STEP_RESTART, STEP_STATE_DONE } },
			{ true, true, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_FAILED }, { 1, STEP_REVERT, STEP_STATE_DONE } },
			{ false, false, PROOF_GIVEN } },
		/* Back, but not well; whatever comes of looking at it again, it is not changed. */
		{ { { 1, STEP_APPLY, STEP_STATE_FAILED }, { 1, STEP_REVERT, STEP_STATE_UNWELL } },
			{ false, false, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_FAILED }, { 1, STEP_REVERT, STEP_STATE_UNWELL },
			  { 2, STEP_REVERT, STEP_STATE_LOST } },
			{ false, false, PROOF_OWED } },
		{ { { 1, STEP_APPLY, STEP_STATE_FAILED }, { 1, STEP_REVERT, STEP_STATE_AT_WORK } },
			{ true, true, PROOF_OWED } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct host_progress p = host_progress_none(DIRECTION_FORWARD);

		for (const struct taken *t = cases[i].steps; t->attempt; t++)
			host_progress_note(&p, t->attempt, t->step, t->end);
		assert_int_equal(cases[i].want.is_changed, p.now.is_changed);
		assert_int_equal(cases[i].want.is_reboot_owed, p.now.is_reboot_owed);
		assert_int_equal(cases[i].want.proof, p.now.proof);
		assert_int_equal(cases[i].want.proof != PROOF_OWED, host_progress_is_sound(&p));
	}
}

static void test_progress__knows_the_steps_of_the_last_attempt_alone(void **state)
{
	struct host_progress p = host_progress_none(DIRECTION_BACK);

	(void)state;
	assert_true(p.now.is_changed);
	host_progress_note(&p, 1, STEP_DRAIN, STEP_STATE_DONE);
	host_progress_note(&p, 1, STEP_REVERT, STEP_STATE_DONE);
	assert_true(p.was_run[STEP_DRAIN] && p.was_run[STEP_REVERT]);
	assert_false(p.now.is_changed);
	host_progress_note(&p, 2, STEP_REVERT, STEP_STATE_STARTED);
	assert_false(p.was_run[STEP_DRAIN]);
	assert_true(p.was_run[STEP_REVERT]);
	assert_int_equal(2, p.attempts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_progress__is_the_same_while_it_goes_on_and_from_the_journal),
		cmocka_unit_test(test_progress__says_what_a_host_is),
		cmocka_unit_test(test_progress__knows_the_steps_of_the_last_attempt_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
