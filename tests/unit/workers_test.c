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

struct watched {
	struct tally tally;
	int beats; /* of the calling thread alone */
};

static void slow_task(void *context, size_t index)
{
	struct watched *w = context;

	usleep(20 * 1000);
	task(&w->tally, index);
}

static void note_beat(void *context)
{
	((struct watched *)context)->beats++;
}

static void test_workers__beat_while_tasks_take_their_time(void **state)
{
	static const struct workers_beat beat = { note_beat, 5 };
	struct watched w = { 0 };

	(void)state;
	workers_run_watched(3, 2, slow_task, &beat, &w);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(1, w.tally.runs[i]);
	assert_true(w.tally.most <= 2);
	assert_true(w.beats >= 2);
	w.beats = 0;
	workers_run_watched(0, 2, slow_task, &beat, &w);
	assert_int_equal(0, w.beats);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers__run_each_task_once_within_the_limit),
		cmocka_unit_test(test_workers__beat_while_tasks_take_their_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
