/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct workers {
	atomic_size_t next;
	size_t count;
	void (*task)(void *context, size_t index);
	void *context;
	pthread_t *threads; /* owned list */
	size_t thread_count;
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

static struct workers *workers_start(
	size_t count, size_t threads, void (*task)(void *context, size_t index), void *context)
{
	struct workers *w = mem_new(1, sizeof *w);

	w->count = count;
	w->task = task;
	w->context = context;
	w->threads = mem_new(threads + 1, sizeof *w->threads);
	while (w->thread_count < threads &&
		pthread_create(&w->threads[w->thread_count], NULL, work_in_thread, w) == 0)
		w->thread_count++;
	return w;
}

/* A thread that cannot be started is not missed: the calling thread works too. */
void workers_run(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context)
{
	size_t wanted = limit < count ? limit : count;
	struct workers *w = workers_start(count, wanted ? wanted - 1 : 0, task, context);

	run_tasks(w);
	workers_end(w);
}

struct workers *workers_begin(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context)
{
	struct workers *w = workers_start(count, limit < count ? limit : count, task, context);

	if (!w->thread_count)
		run_tasks(w);
	return w;
}

void workers_end(struct workers *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->thread_count; i++)
		pthread_join(w->threads[i], NULL);
	free(w->threads);
	free(w);
}

size_t workers_processors(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < 1 ? 1 : (size_t)processors;
}
