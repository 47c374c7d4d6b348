/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ticker.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct ticker {
	int64_t every_ms;
	void (*tick)(void *context);
	void *context;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t stopping;
	bool is_stopped; /* under the mutex */
};

/* Until it is time, or the ticker is stopped. False when it is. */
static bool await_tick(struct ticker *t)
{
	struct timespec until = clock_moment_after(t->every_ms);
	int cause = 0;

	pthread_mutex_lock(&t->mutex);
	while (!t->is_stopped && cause == 0)
		cause = pthread_cond_timedwait(&t->stopping, &t->mutex, &until);

	bool goes_on = !t->is_stopped;

	pthread_mutex_unlock(&t->mutex);
	return goes_on;
}

static void *tick_on(void *argument)
{
	struct ticker *t = argument;

	while (await_tick(t))
		t->tick(t->context);
	return NULL;
}

static void ticker_free(struct ticker *t)
{
	pthread_cond_destroy(&t->stopping);
	pthread_mutex_destroy(&t->mutex);
	free(t);
}

/* No signal is handled in the new thread: who waits for one in another is to be interrupted by it. */
static int start_deaf(struct ticker *t)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);

	int result = pthread_create(&t->thread, NULL, tick_on, t);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return result;
}

int ticker_start(int64_t every_ms, void (*tick)(void *context), void *context, struct ticker **out,
	struct error *err)
{
	struct ticker *t = mem_new(1, sizeof *t);
	pthread_condattr_t monotonic;

	*t = (struct ticker){ .every_ms = every_ms, .tick = tick, .context = context };
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->mutex, NULL);
	pthread_cond_init(&t->stopping, &monotonic);
	pthread_condattr_destroy(&monotonic);

	int result = start_deaf(t);

	if (result) {
		ticker_free(t);
		return error_set(err, ERR_SYSTEM, "no thread can be started: %s", strerror(result));
	}
	*out = t;
	return 0;
}

void ticker_stop(struct ticker *ticker)
{
	if (!ticker)
		return;
	pthread_mutex_lock(&ticker->mutex);
	ticker->is_stopped = true;
	pthread_cond_signal(&ticker->stopping);
	pthread_mutex_unlock(&ticker->mutex);
	pthread_join(ticker->thread, NULL);
	ticker_free(ticker);
}
