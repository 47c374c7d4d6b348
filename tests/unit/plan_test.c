/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases under tests/plan cannot say: refusals, unions, and many threads on one universe. */
#include "base/error.h"
#include "base/mem.h"
#include "base/workers.h"
#include "model/hoststate.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "plan/universe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD          "Platform: debian-12-amd64\nArchitectures: amd64\n\n"
#define PACKAGE(n, v) "Package: " n "\nVersion: " v "\nArchitecture: amd64\n"

static const char archive[] = PACKAGE("a", "2") "Depends: c\n\n" PACKAGE("b", "2") "\n" PACKAGE(
	"c", "1") "\n" PACKAGE("d", "2") "Depends: b (>= 2)\n";
static const char web[] = HEAD PACKAGE("a", "1") "\n" PACKAGE("b", "1");
static const char db[] = HEAD PACKAGE("b", "1") "Status: hold ok installed\n\n" PACKAGE("d", "1");

static struct universe *universe_of(const char *index)
{
	struct universe *u = universe_new("amd64");
	char path[] = "/tmp/patchline-plan-XXXXXX";
	int fd = mkstemp(path);
	struct feed feed = { .name = "main", .path = path };
	struct error err = { 0 };

	assert_int_equal(strlen(index), write(fd, index, strlen(index)));
	close(fd);
	assert_int_equal(0, universe_read(u, &feed, &err));
	unlink(path);
	return u;
}

static struct hoststate *add(struct universe *u, const char *text)
{
	struct hoststate *s = NULL;
	struct error err = { 0 };

	assert_int_equal(0, hoststate_read(text, strlen(text), &s, &err));
	assert_int_equal(0, universe_add_state(u, s, &err));
	return s;
}

static void test_plan__refuses_a_state_that_was_not_added(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_of(archive), *other = universe_of("");
	CLEANUP(hoststate_free) struct hoststate *s = add(other, web);
	struct plan *plan = NULL;
	struct error err = { 0 };

	(void)state;
	universe_finish(u);
	assert_int_equal(-1, plan_make(u, s, NULL, &plan, &err));
	assert_int_equal(ERR_USAGE, err.kind);
	assert_null(plan);
}

static void test_plan__is_the_same_from_the_union_of_all(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_of(archive);
	CLEANUP(hoststate_free) struct hoststate *first = add(u, web), *second = add(u, db);
	CLEANUP(plan_free) struct plan *one = NULL, *two = NULL, *again = NULL;
	CLEANUP(free) uint32_t *ids = NULL;
	struct plan_options pinned = { 0 };
	struct error err = { 0 };

	(void)state;
	universe_finish(u);
	assert_int_equal(0, plan_make(u, first, NULL, &one, &err));
	assert_int_equal(0, plan_make(u, second, NULL, &two, &err));
	assert_int_equal(PLAN_COMPLETE, plan_verdict(one));
	assert_int_equal(PLAN_PARTLY, plan_verdict(two));
	assert_int_equal(0, plan_change_count(two));
	assert_int_equal(2, plan_kept_count(two));

	const struct plan *const plans[] = { one, two, one };

	plan_union(plans, 3, &ids, &pinned.pinned_count);
	assert_int_equal(3, pinned.pinned_count);
	pinned.pinned = ids;
	assert_int_equal(0, plan_check(u, first, &pinned, one, &again, &err));
	assert_int_equal(3, plan_change_count(again));
	assert_int_equal(0, plan_check(u, second, &pinned, two, NULL, &err));
}

static void test_plan__tells_what_a_set_lacks(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_of(archive);
	CLEANUP(hoststate_free) struct hoststate *s = add(u, web);
	CLEANUP(plan_free) struct plan *plan = NULL;
	struct error err = { 0 };

	(void)state;
	universe_finish(u);
	assert_int_equal(0, plan_make(u, s, NULL, &plan, &err));

	const uint32_t ids[] = { universe_find(u, "a", "amd64", "2"),
		universe_find(u, "b", "amd64", "2") };
	const struct plan_options pinned = { .pinned = ids, .pinned_count = 2 };

	assert_int_equal(-1, plan_check(u, s, &pinned, plan, NULL, &err));
	assert_int_equal(ERR_CONFLICT, err.kind);
	assert_string_equal("the set does not bring 'a' 2: a 2 needs c", err.text);
}

struct crowd {
	const struct universe *u;
	struct hoststate *states[2];
	size_t wrong[16]; /* by task: plans that were not as expected */
};

static void plan_often(void *context, size_t index)
{
	static const size_t expected[2] = { 3, 0 };
	struct crowd *crowd = context;
	CLEANUP(planner_free) struct planner *planner = NULL;
	struct error err = { 0 };

	if (planner_new(crowd->u, NULL, &planner, &err) < 0) {
		crowd->wrong[index] = 1;
		return;
	}
	for (size_t i = 0; i < 200; i++) {
		CLEANUP(plan_free) struct plan *plan = NULL;
		size_t which = (i + index) % 2;

		crowd->wrong[index] +=
			planner_plan(planner, crowd->states[which], &plan, &err) < 0 ||
			plan_change_count(plan) != expected[which];
	}
}

static void test_plan__many_threads_share_a_universe(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_of(archive);
	CLEANUP(hoststate_free) struct hoststate *first = add(u, web), *second = add(u, db);
	struct crowd crowd = { .u = u, .states = { first, second } };

	(void)state;
	universe_finish(u);
	workers_run(sizeof crowd.wrong / sizeof *crowd.wrong, 4, plan_often, &crowd);
	for (size_t i = 0; i < sizeof crowd.wrong / sizeof *crowd.wrong; i++)
		assert_int_equal(0, crowd.wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__refuses_a_state_that_was_not_added),
		cmocka_unit_test(test_plan__is_the_same_from_the_union_of_all),
		cmocka_unit_test(test_plan__tells_what_a_set_lacks),
		cmocka_unit_test(test_plan__many_threads_share_a_universe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
