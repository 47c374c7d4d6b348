/* SPDX-License-Identifier: Apache-2.0 */
/* All facts that a host can be in, and what must hold of each. */
#include "policy/course.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FLAGS       6
#define ON_FAILURES (ON_FAILURE_ALL + 1)
#define ALL         (DIRECTION_COUNT * STEP_STATE_COUNT * ON_FAILURES * WISH_COUNT * (1 << FLAGS))

/* The number-th of all combinations. */
static struct course_facts facts_at(unsigned number)
{
	unsigned flags = number % (1U << FLAGS), rest = number >> FLAGS;
	struct course_facts f = {
		.is_begun = flags & 1U,
		.is_changed = flags & 2U,
		.is_sound = flags & 4U,
		.is_owed_way_back = flags & 8U,
		.has_way_back = flags & 16U,
		.is_held = flags & 32U,
	};

	f.wish = (enum rollout_wish)(rest % WISH_COUNT);
	rest /= WISH_COUNT;
	f.on_failure = (enum on_failure)(rest % ON_FAILURES);
	rest /= ON_FAILURES;
	f.outcome = (enum step_state)(rest % STEP_STATE_COUNT);
	rest /= STEP_STATE_COUNT;
	f.direction = (enum direction)rest;
	return f;
}

static bool does_more(enum course c)
{
	return c == COURSE_GO_ON || c == COURSE_GO_BACK;
}

/* ---- one property each ---- */

static bool is_left_alone_at_work(const struct course_facts *f, enum course c)
{
	return (c == COURSE_LEAVE) == step_state_is_open(f->outcome);
}

/* Who waits for nothing begins nothing, but what gives a host back what it is owed. */
static bool begins_nothing_when_abandoned(const struct course_facts *f, enum course c)
{
	return f->wish != WISH_ABANDON || !does_more(c);
}

static bool keeps_an_unchanged_host_when_cancelled(const struct course_facts *f, enum course c)
{
	bool is_unchanged = f->direction == DIRECTION_FORWARD && !f->is_changed;
	bool is_owed = f->is_owed_way_back && !f->is_begun;

	return !rollout_wish_is_final(f->wish) || !is_unchanged || is_owed || !does_more(c);
}

static bool takes_nothing_back_that_was_not_changed(const struct course_facts *f, enum course c)
{
	return c != COURSE_GO_BACK || f->is_changed || f->is_owed_way_back;
}

static bool takes_back_by_itself_only_what_its_group_wants_back(
	const struct course_facts *f, enum course c)
{
	bool is_wanted = f->on_failure != ON_FAILURE_STOP && f->has_way_back && !f->is_sound &&
			 f->outcome != STEP_STATE_DONE && f->direction == DIRECTION_FORWARD;

	return c != COURSE_GO_BACK || is_wanted || (f->is_owed_way_back && !f->is_begun);
}

static bool begins_nothing_where_people_hold(const struct course_facts *f, enum course c)
{
	return !f->is_held || f->direction != DIRECTION_FORWARD || c != COURSE_GO_ON;
}

static bool settles_where_people_hold(const struct course_facts *f, enum course c)
{
	bool is_plain = f->is_held && f->direction == DIRECTION_FORWARD && !f->is_begun &&
			!f->is_owed_way_back && f->wish != WISH_ABANDON;

	return !is_plain || c == COURSE_STOP || c == COURSE_LEAVE;
}

static bool waits_before_it_is_begun_and_not_after(const struct course_facts *f, enum course c)
{
	return c != COURSE_WAIT || (!f->is_begun && f->wish != WISH_NONE);
}

static bool begins_no_host_that_is_to_wait(const struct course_facts *f, enum course c)
{
	return f->is_begun || f->wish == WISH_NONE || f->is_owed_way_back || c != COURSE_GO_ON;
}

static bool does_not_go_on_after_a_failure(const struct course_facts *f, enum course c)
{
	return !f->is_begun || f->outcome == STEP_STATE_DONE || c != COURSE_GO_ON;
}

static bool goes_on_when_nothing_speaks_against_it(const struct course_facts *f, enum course c)
{
	bool is_well = f->outcome == STEP_STATE_DONE && f->wish == WISH_NONE && !f->is_held &&
		       !f->is_owed_way_back;

	return !is_well || c == COURSE_GO_ON;
}

/* What fails on the way back is not tried again by itself. */
static bool turns_once(const struct course_facts *f, enum course c)
{
	return f->direction != DIRECTION_BACK || !f->is_begun || c != COURSE_GO_BACK;
}

static bool brings_a_host_that_it_began_to_its_end(const struct course_facts *f, enum course c)
{
	bool is_on = f->is_begun && f->outcome == STEP_STATE_DONE && f->is_changed && !f->is_held &&
		     f->wish != WISH_ABANDON;

	return !is_on || c == COURSE_GO_ON;
}

static bool spares_only_what_is_as_it_was(const struct course_facts *f, enum course c)
{
	return c != COURSE_SPARE || (!f->is_changed && rollout_wish_is_final(f->wish));
}

static const struct {
	const char *name;
	bool (*holds)(const struct course_facts *f, enum course c);
} properties[] = {
	{ "hands off a host that is at work", is_left_alone_at_work },
	{ "nothing begins when abandoned", begins_nothing_when_abandoned },
	{ "unchanged stays unchanged when cancelled", keeps_an_unchanged_host_when_cancelled },
	{ "never back before any change", takes_nothing_back_that_was_not_changed },
	{ "back by itself as the group says", takes_back_by_itself_only_what_its_group_wants_back },
	{ "held: nothing begins", begins_nothing_where_people_hold },
	{ "held: what is owed is given back", settles_where_people_hold },
	{ "only what is not begun waits", waits_before_it_is_begun_and_not_after },
	{ "a wish keeps hosts from beginning", begins_no_host_that_is_to_wait },
	{ "nothing follows a failure", does_not_go_on_after_a_failure },
	{ "it goes on", goes_on_when_nothing_speaks_against_it },
	{ "one way back", turns_once },
	{ "what is begun and changed ends", brings_a_host_that_it_began_to_its_end },
	{ "spared are the unchanged", spares_only_what_is_as_it_was },
};

static void test_course__of_every_host_that_can_be(void **state)
{
	size_t of[COURSE_COUNT] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ALL; i++) {
		struct course_facts f = facts_at(i);
		enum course c = course_decide(&f);

		of[c]++;
		for (size_t k = 0; k < sizeof properties / sizeof *properties; k++) {
			if (!properties[k].holds(&f, c))
				fail_msg("combination %u: %s", i, properties[k].name);
		}
	}
	for (int c = 0; c < COURSE_COUNT; c++)
		assert_true(of[c] > 0);
}

/* ---- waves ---- */

static void test_course__of_waves(void **state)
{
	static const struct {
		struct wave_facts facts;
		size_t first;
		bool is_over;
	} cases[] = {
		{ { 3, true, false, false, ON_FAILURE_STOP, WISH_NONE }, 0, false },
		{ { 3, true, false, false, ON_FAILURE_HOST, WISH_NONE }, 0, false },
		{ { 3, false, true, false, ON_FAILURE_HOST, WISH_NONE }, 3, false },
		{ { 3, true, false, false, ON_FAILURE_WAVE, WISH_NONE }, 3, true },
		{ { 3, true, false, false, ON_FAILURE_ALL, WISH_PAUSE }, 1, true },
		{ { 3, true, false, false, ON_FAILURE_ALL, WISH_CANCEL }, 1, true },
		{ { 3, true, true, false, ON_FAILURE_ALL, WISH_ABANDON }, 0, false },
		{ { 3, true, true, true, ON_FAILURE_ALL, WISH_NONE }, 0, false },
		{ { 3, false, false, false, ON_FAILURE_ALL, WISH_NONE }, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool is_over = true;

		assert_int_equal(cases[i].first, course_waves_back(&cases[i].facts, &is_over));
		assert_int_equal(cases[i].is_over, is_over);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_course__of_every_host_that_can_be),
		cmocka_unit_test(test_course__of_waves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
