/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/due.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LAST  1000
#define NOW   1100
#define NEXT  2000
#define LATER 5000

/* An occurrence that nobody has answered, and nothing in the way. */
#define DUE                                                                                        \
	.environment = "production", .now = NOW, .last_at = LAST, .next_at = NEXT, .release = "2.2"

#define CLONE(state_, rehearsal_, origin_, approved, expires)                                      \
	{                                                                                          \
		.name = "production/clone-3", .state = state_, .rehearsal = rehearsal_,            \
		.origin = origin_, .is_approved = approved, .expires_at = expires                  \
	}

static const struct {
	struct due_facts facts;
	struct due_clone clone; /* no name: none */
	enum due_verdict verdict;
	const char *reason, *remedy;
} cases[] = {
	{ .facts = { DUE }, .verdict = DUE_RUN },
	/* the timetable */
	{ .facts = { .environment = "qa", .now = NOW }, .verdict = DUE_NEVER },
	{ .facts = { .environment = "qa", .now = NOW, .next_at = NEXT }, .verdict = DUE_LATER },
	{ .facts = { .environment = "qa", .now = NOW, .last_at = LAST, .answered_at = LAST },
		.verdict = DUE_NEVER },
	{ .facts = { DUE, .answered_at = LAST }, .verdict = DUE_LATER },
	{ .facts = { DUE, .answered_at = LAST + 60 }, .verdict = DUE_LATER },
	{ .facts = { DUE, .answered_at = LAST - 1 }, .verdict = DUE_RUN },
	/* a freeze */
	{ .facts = { DUE, .freeze = "winter", .freeze_until = LATER },
		.verdict = DUE_SKIPPED,
		.reason = "it falls into 'winter', which lasts until 1970-01-01T01:23:20Z",
		.remedy = "patchline rehearse production --all" },
	{ .facts = { DUE, .answered_at = LAST, .freeze = "winter" }, .verdict = DUE_LATER },
	/* somebody has to look first */
	{ .facts = { DUE, .held = "web1 went back" },
		.verdict = DUE_SKIPPED,
		.reason = "production is held: web1 went back",
		.remedy = "patchline lift production --reason TEXT" },
	/* one that is not finished: its own it continues, whenever that is */
	{ .facts = { DUE, .unfinished = 7, .begun_by = ORIGIN_PERSON },
		.verdict = DUE_SKIPPED,
		.reason = "rehearsal-7 is not finished",
		.remedy = "patchline resume" },
	{ .facts = { DUE, .unfinished = 7, .begun_by = ORIGIN_DUE },
		.verdict = DUE_RESUME,
		.reason = "rehearsal-7 is not finished" },
	{ .facts = { DUE, .answered_at = LAST, .unfinished = 7, .begun_by = ORIGIN_DUE },
		.verdict = DUE_RESUME,
		.reason = "rehearsal-7" },
	{ .facts = { DUE, .unfinished = 7, .begun_by = ORIGIN_DUE, .is_alive = true },
		.verdict = DUE_SKIPPED,
		.reason = "rehearsal-7",
		.remedy = "wait for it" },
	{ .facts = { DUE, .answered_at = LAST, .unfinished = 7, .begun_by = ORIGIN_DUE,
		  .is_alive = true },
		.verdict = DUE_LATER },
	/* clones */
	{ .facts = { DUE },
		.clone = CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_DUE, false, LATER),
		.verdict = DUE_SKIPPED,
		.reason = "production/clone-3 still waits for approval",
		.remedy = "approve it, or: patchline clone remove production/clone-3" },
	{ .facts = { DUE },
		.clone = CLONE(CLONE_STOPPED, REHEARSAL_WAITING, ORIGIN_PERSON, true, LATER),
		.verdict = DUE_SKIPPED,
		.reason = "still waits to be taken up",
		.remedy = "promote it" },
	{ .facts = { DUE },
		.clone = CLONE(CLONE_MADE, REHEARSAL_FAILED, ORIGIN_DUE, false, LATER),
		.verdict = DUE_SKIPPED,
		.reason = "failed and is kept for looking at",
		.remedy = "look at it" },
	{ .facts = { DUE },
		.clone = CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW),
		.verdict = DUE_RUN },
	{ .facts = { DUE },
		.clone = CLONE(CLONE_ENTERED, REHEARSAL_ENTERED, ORIGIN_DUE, true, LATER),
		.verdict = DUE_RUN },
	{ .facts = { DUE },
		.clone = CLONE(CLONE_SWAPPED, REHEARSAL_ENTERED, ORIGIN_DUE, true, LATER),
		.verdict = DUE_RUN },
	/* an entry under way holds back even when the clone has expired meanwhile */
	{ .facts = { DUE },
		.clone = CLONE(CLONE_SWAPPING, REHEARSAL_WAITING, ORIGIN_DUE, true, NOW),
		.verdict = DUE_SKIPPED,
		.reason = "production/clone-3 is swapping",
		.remedy = "patchline resume production/clone-3" },
	/* the release */
	{ .facts = { .environment = "qa", .now = NOW, .last_at = LAST },
		.verdict = DUE_SKIPPED,
		.reason = "nobody told which release qa runs",
		.remedy = "patchline deployed RELEASE --to qa" },
};

static void test_due__decides_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct due_facts facts = cases[i].facts;
		struct due_decision d;
		bool is_answer;

		facts.clones = &cases[i].clone;
		facts.clone_count = cases[i].clone.name ? 1 : 0;
		due_decide(&facts, &d);
		if (d.verdict != cases[i].verdict)
			fail_msg("case %zu: %s (%s), not %s", i, due_verdict_name(d.verdict),
				d.reason, due_verdict_name(cases[i].verdict));
		is_answer = d.verdict == DUE_RUN || d.verdict == DUE_SKIPPED;
		assert_int_equal(is_answer ? LAST : 0, d.occurrence_at);
		if (!cases[i].reason)
			assert_string_equal("", d.reason);
		else if (!strstr(d.reason, cases[i].reason))
			fail_msg("case %zu: '%s', not '%s'", i, d.reason, cases[i].reason);
		if (!cases[i].remedy)
			assert_string_equal("", d.remedy);
		else if (!strstr(d.remedy, cases[i].remedy))
			fail_msg("case %zu: '%s', not '%s'", i, d.remedy, cases[i].remedy);
	}
}

/* Whatever a clone is: when it holds nothing back any more, and only then, may it be removed. */
static void test_due__what_holds_back_is_not_removed(void **state)
{
	(void)state;
	for (int s = 0; s < CLONE_COUNT; s++) {
		for (int r = 0; r < REHEARSAL_COUNT; r++) {
			const struct due_clone clone = CLONE((enum clone_state)s,
				(enum rehearsal_state)r, ORIGIN_DUE, false, NOW);
			struct due_facts facts = { DUE, .clones = &clone, .clone_count = 1 };
			struct due_decision d;

			due_decide(&facts, &d);
			if (due_may_remove(&clone, NOW))
				assert_int_equal(DUE_RUN, d.verdict);
			assert_false(due_may_remove(&clone, NOW - 1));
		}
	}
}

static void test_due__removes_its_own_expired_clones_alone(void **state)
{
	static const struct {
		struct due_clone clone;
		bool is_removed;
	} removals[] = {
		{ CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW), true },
		{ CLONE(CLONE_MAKING, REHEARSAL_FAILED, ORIGIN_DUE, false, NOW), true },
		{ CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW + 1), false },
		{ CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_PERSON, false, NOW), false },
		{ CLONE(CLONE_RUNNING, REHEARSAL_WAITING, ORIGIN_DUE, true, NOW), false },
		{ CLONE(CLONE_RUNNING, REHEARSAL_RUNNING, ORIGIN_DUE, false, NOW), false },
		{ CLONE(CLONE_SWAPPED, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW), false },
		{ CLONE(CLONE_REMOVING, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW), false },
		{ CLONE(CLONE_REMOVED, REHEARSAL_WAITING, ORIGIN_DUE, false, NOW), false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof removals / sizeof *removals; i++)
		assert_int_equal(removals[i].is_removed, due_may_remove(&removals[i].clone, NOW));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_due__decides_and_says_why),
		cmocka_unit_test(test_due__what_holds_back_is_not_removed),
		cmocka_unit_test(test_due__removes_its_own_expired_clones_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
