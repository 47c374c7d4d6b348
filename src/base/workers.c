/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include "base/mem.h"
#include "base/own.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#define MS_PER_S  1000
#define NS_PER_MS 1000000

struct workers {
	atomic_size_t next;
	size_t count;
	void (*task)(void *context, size_t index);
	void *context;
	/* Of those whose caller does not work itself. */
	pthread_mutex_t mutex;
	pthread_cond_t all_ended;
	size_t running; /* threads; under the mutex */
};

static void work(struct workers *w)
{
	for (size_t i = atomic_fetch_add(&w->next, 1); i < w->count;
		i = atomic_fetch_add(&w->next, 1))
		w->task(w->context, i);
}

static void *work_in_thread(void *argument)
{
	struct workers *w = argument;

	work(w);
	pthread_mutex_lock(&w->mutex);
	if (--w->running == 0)
		pthread_cond_signal(&w->all_ended);
	pthread_mutex_unlock(&w->mutex);
	return NULL;
}

static void workers_init(struct workers *w)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->all_ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void workers_done(struct workers *w)
{
	pthread_cond_destroy(&w->all_ended);
	pthread_mutex_destroy(&w->mutex);
}

/* As many as can be started of those wanted; how many were. */
static size_t start(struct workers *w, pthread_t *threads, size_t wanted)
{
	size_t started = 0;

	pthread_mutex_lock(&w->mutex);
	while (started < wanted && pthread_create(&threads[started], NULL, work_in_thread, w) == 0)
		started++;
	w->running = started;
	pthread_mutex_unlock(&w->mutex);
	return started;
}

/* Until the threads have ended, or so long. True when they have. */
static bool await(struct workers *w, int64_t ms)
{
	struct timespec until;
	int cause = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / MS_PER_S);
	until.tv_nsec += (long)(ms % MS_PER_S) * NS_PER_MS;
	if (until.tv_nsec >= MS_PER_S * (long)NS_PER_MS) {
		until.tv_sec++;
		until.tv_nsec -= MS_PER_S * (long)NS_PER_MS;
	}
	pthread_mutex_lock(&w->mutex);
	while (w->running > 0 && cause == 0)
		cause = pthread_cond_timedwait(&w->all_ended, &w->mutex, &until);

	bool have_ended = w->running == 0;

	pthread_mutex_unlock(&w->mutex);
	return have_ended;
}

static void join(const pthread_t *threads, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

/* A thread that cannot be started is not missed: the calling thread works too. */
void workers_run(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context)
{
	struct workers w = { .count = count, .task = task, .context = context };
	size_t wanted = limit < count ? limit : count;
	CLEANUP(free) pthread_t *threads = mem_new(wanted ? wanted : 1, sizeof *threads);

	workers_init(&w);

	size_t started = start(&w, threads, wanted ? wanted - 1 : 0);

	work(&w);
	join(threads, started);
	workers_done(&w);
}

void workers_run_watched(size_t count, size_t limit, void (*task)(void *context, size_t index),
	const struct workers_beat *beat, void *context)
{
	struct workers w = { .count = count, .task = task, .context = context };
	size_t wanted = limit < count ? limit : count;
	CLEANUP(free) pthread_t *threads = mem_new(wanted ? wanted : 1, sizeof *threads);

	workers_init(&w);

	size_t started = start(&w, threads, wanted);

	if (started == 0)
		work(&w);
	while (!await(&w, beat->every_ms))
		beat->run(context);
	join(threads, started);
	workers_done(&w);
}
