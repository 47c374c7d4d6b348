/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include "base/mem.h"
#include "base/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct workers {
	atomic_size_t next;
	size_t count;
	void (*task)(void *context, size_t index);
	void *context;
};

static void run_tasks(struct workers *w)
{
	for (size_t i = atomic_fetch_add(&w->next, 1); i < w->count;
		i = atomic_fetch_add(&w->next, 1))
		w->task(w->context, i);
}

static void *work_in_thread(void *argument)
{
	run_tasks(argument);
	return NULL;
}

/* A thread that cannot be started is not missed: the calling thread works too. */
void workers_run(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context)
{
	struct workers w = { .count = count, .task = task, .context = context };
	size_t wanted = limit < count ? limit : count, started = 0;
	CLEANUP(free) pthread_t *threads = mem_new(wanted ? wanted : 1, sizeof *threads);

	while (started + 1 < wanted &&
		pthread_create(&threads[started], NULL, work_in_thread, &w) == 0)
		started++;
	run_tasks(&w);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

size_t workers_processors(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 1 : (size_t)processors;
}
