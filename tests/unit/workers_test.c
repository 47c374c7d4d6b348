/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define TASKS 200

struct tally {
	atomic_int runs[TASKS];
	atomic_int running, most;
};

static void task(void *context, size_t index)
{
	struct tally *t = context;
	int running = atomic_fetch_add(&t->running, 1) + 1;
	int most = atomic_load(&t->most);

	while (running > most && !atomic_compare_exchange_weak(&t->most, &most, running))
		;
	usleep(100);
	atomic_fetch_add(&t->runs[index], 1);
	atomic_fetch_sub(&t->running, 1);
}

/* Whatever the limit: each task once, never more at a time than allowed, none left when it returns. */
static void test_workers__run_each_task_once_within_the_limit(void **state)
{
	static const struct {
		size_t count;
		int limit;
	} cases[] = { { 0, 4 }, { 1, 4 }, { TASKS, 1 }, { TASKS, 7 }, { 3, 50 }, { 5, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tally t = { 0 };

		workers_run(cases[i].count, (size_t)cases[i].limit, task, &t);
		for (size_t j = 0; j < TASKS; j++)
			assert_int_equal(j < cases[i].count, t.runs[j]);
		assert_int_equal(0, t.running);
		assert_true(t.most <= (cases[i].limit ? cases[i].limit : 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers__run_each_task_once_within_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
