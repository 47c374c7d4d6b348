/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/course.h"

#include <assert.h>

#define BIT(value) (1U << (value))

#define OPEN     (BIT(STEP_STATE_STARTED) | BIT(STEP_STATE_AT_WORK))
#define FINAL    (BIT(WISH_CANCEL) | BIT(WISH_ABANDON))
#define RETURNED (BIT(ON_FAILURE_HOST) | BIT(ON_FAILURE_WAVE) | BIT(ON_FAILURE_ALL))

/* A claim of the facts that a line of the table asks for. */
enum claim { ANY, YES, NO };

/* One line: which facts it is for (0: whichever), and what is next. */
struct rule {
	unsigned outcomes, wishes, on_failures, directions;
	enum claim is_begun, is_held, is_owed, is_changed, is_sound, has_way;
	enum course course;
};

/* clang-format off */
static const struct rule rules[] = {
	/* Only who asks what it is at may come near it. */
	{ .outcomes = OPEN, .course = COURSE_LEAVE },

	/* Before it is begun. What is owed is done whatever people wish, unless nobody wants to wait for hosts. */
	{ .is_begun = NO, .wishes = BIT(WISH_ABANDON), .course = COURSE_WAIT },
	{ .is_begun = NO, .is_owed = YES, .course = COURSE_GO_BACK },
	{ .is_begun = NO, .is_held = YES, .directions = BIT(DIRECTION_FORWARD), .course = COURSE_STOP },
	{ .is_begun = NO, .wishes = BIT(WISH_NONE), .course = COURSE_GO_ON },
	{ .is_begun = NO, .course = COURSE_WAIT },

	/* On its way. */
	{ .directions = BIT(DIRECTION_FORWARD), .outcomes = BIT(STEP_STATE_DONE), .is_changed = NO, .wishes = FINAL,
		.course = COURSE_SPARE },
	{ .wishes = BIT(WISH_ABANDON), .course = COURSE_STOP },
	{ .directions = BIT(DIRECTION_FORWARD), .is_held = YES, .course = COURSE_STOP },
	{ .outcomes = BIT(STEP_STATE_DONE), .course = COURSE_GO_ON },

	/* What failed on the way back is not tried again by itself. */
	{ .directions = BIT(DIRECTION_BACK), .course = COURSE_STOP },
	{ .is_changed = YES, .is_sound = NO, .has_way = YES, .on_failures = RETURNED, .course = COURSE_GO_BACK },
	{ .course = COURSE_STOP },
};
/* clang-format on */

static bool is_in(unsigned set, unsigned value)
{
	return !set || set & BIT(value);
}

static bool is_so(enum claim claim, bool value)
{
	return claim == ANY || value == (claim == YES);
}

static bool rule_fits(const struct rule *r, const struct course_facts *f)
{
	return is_in(r->outcomes, f->outcome) && is_in(r->wishes, f->wish) &&
	       is_in(r->on_failures, f->on_failure) && is_in(r->directions, f->direction) &&
	       is_so(r->is_begun, f->is_begun) && is_so(r->is_held, f->is_held) &&
	       is_so(r->is_owed, f->is_owed_way_back) && is_so(r->is_changed, f->is_changed) &&
	       is_so(r->is_sound, f->is_sound) && is_so(r->has_way, f->has_way_back);
}

enum course course_decide(const struct course_facts *facts)
{
	const struct rule *r = rules;

	while (!rule_fits(r, facts)) /* the last one fits all */
		r++;
	assert(r < rules + sizeof rules / sizeof *rules);
	return r->course;
}

size_t course_waves_back(const struct wave_facts *f, bool *is_over)
{
	const struct {
		size_t first;
		bool is_over;
	} of[] = {
		[ON_FAILURE_STOP] = { 0, false },
		[ON_FAILURE_HOST] = { f->has_failed_tests ? f->wave : 0, false },
		[ON_FAILURE_WAVE] = { f->wave, true },
		[ON_FAILURE_ALL] = { 1, true },
	};
	bool has_failed = f->has_failed || f->has_failed_tests;

	if (!has_failed || f->is_clone || f->wish == WISH_ABANDON)
		return *is_over = false, 0;
	*is_over = of[f->on_failure].is_over;
	return of[f->on_failure].first;
}
