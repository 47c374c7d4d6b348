/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/quiesce.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "model/config.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define READY_SECONDS    120
#define HOSTS_MAX        ((size_t)256) /* each costs a thread and a connection while all are held */
#define OUTPUT_MAX       ((size_t)1024 * 1024)
#define BEFORE_READY_MAX ((size_t)64 * 1024) /* what may stand before "ready" */
#define WORDS_OF_HOST    300

struct quiet;

/* One command on one host. The lock of `quiet` guards `error` and the fields after it. */
struct holder {
	struct quiet *quiet;
	const struct place *place;
	struct session_result result;
	struct error error;
	struct str output; /* until its line "ready" came */
	bool is_ready, has_ended;
	int64_t ready_ms, released_ms;
};

/* All commands, and what is done while they hold. */
struct quiet {
	struct session_pool *pool; /* owned; all hold at once */
	struct holder *holders;
	size_t count;
	const struct quiesce_request *request;
	struct error error; /* of act, or why it was not called */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_released;
};

static size_t count_quiesced(const struct environment *environment)
{
	size_t count = 0;

	for (struct place at = { 0 }; environment_next_host(environment, &at);)
		count += *at.group->quiesce != '\0';
	return count;
}

bool quiesce_is_wanted(const struct environment *environment)
{
	return count_quiesced(environment) > 0;
}

int quiesce_check(const struct environment *environment, struct error *err)
{
	size_t count = count_quiesced(environment);

	if (count > HOSTS_MAX)
		return error_set(err, ERR_REFUSED,
			"'quiesce' would hold %zu hosts of '%s' still at once, and %zu is the most; a "
			"provider whose copies are of one moment needs it for none",
			count, environment->name, HOSTS_MAX);
	return 0;
}

/* ---- a command ---- */

/* The command's input: no bytes, and its end once the act is done. */
static ssize_t hold_input(void *context, char *buffer, size_t size, struct error *err)
{
	struct holder *h = context;

	(void)buffer;
	(void)size;
	(void)err;
	pthread_mutex_lock(&h->quiet->lock);

	bool is_released = h->quiet->is_released;

	if (is_released && !h->released_ms)
		h->released_ms = clock_monotonic_ms();
	pthread_mutex_unlock(&h->quiet->lock);
	return is_released ? 0 : SESSION_NOT_YET;
}

static bool has_ready_line(const struct str *output)
{
	return str_starts(str_text(output), "ready\n") || strstr(str_text(output), "\nready\n");
}

static void watch_output(void *context, const char *bytes, size_t size)
{
	struct holder *h = context;

	pthread_mutex_lock(&h->quiet->lock);
	if (!h->is_ready && h->output.size < BEFORE_READY_MAX) {
		str_add_bytes(&h->output, bytes, size);
		h->is_ready = has_ready_line(&h->output);
		h->ready_ms = clock_monotonic_ms();
		pthread_cond_broadcast(&h->quiet->changed);
	}
	pthread_mutex_unlock(&h->quiet->lock);
}

static int holder_run_command(struct holder *h, struct error *err)
{
	CLEANUP(session_close)
	struct session *s = session_new(h->quiet->pool, h->place->host);
	struct session_call call = {
		.program = "command",
		.args = (const char *const[]){ h->place->group->quiesce, NULL },
		.fill = hold_input,
		.fill_context = h,
		.on_output = watch_output,
		.output_context = h,
		.output_limit = OUTPUT_MAX,
		.timeout_ms = h->quiet->request->limit_ms,
	};

	if (session_run(s, &call, &h->result, err) < 0)
		return -1;
	if (h->result.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "quiesce command ended with %d: %.*s",
			h->result.exit_status, WORDS_OF_HOST, h->result.errors);
	if (!h->is_ready)
		return error_set(err, ERR_SYSTEM, "quiesce command ended without a line 'ready'");
	if (h->result.is_truncated)
		return error_set(
			err, ERR_SYSTEM, "quiesce command printed over %zu bytes", OUTPUT_MAX);
	if (!h->released_ms)
		return error_set(
			err, ERR_SYSTEM, "quiesce command ended before its input was over");
	return 0;
}

static void holder_hold(struct holder *h)
{
	struct error error = { 0 };

	if (holder_run_command(h, &error) < 0)
		(void)!error_wrap(&error, "%s", h->place->host->name);
	pthread_mutex_lock(&h->quiet->lock);
	h->error = error;
	h->has_ended = true;
	pthread_cond_broadcast(&h->quiet->changed);
	pthread_mutex_unlock(&h->quiet->lock);
}

/* ---- what is done meanwhile ---- */

static size_t count_ready(const struct quiet *v, size_t *ended)
{
	size_t ready = 0;

	*ended = 0;
	for (size_t i = 0; i < v->count; i++) {
		ready += v->holders[i].is_ready;
		*ended += v->holders[i].has_ended;
	}
	return ready;
}

/* With the lock held. @return 0 when all hold; -1 when one has ended, or the time is over. */
static int await_ready(struct quiet *v, struct error *err)
{
	struct timespec until = clock_moment_after((int64_t)READY_SECONDS * 1000);
	size_t ended = 0;

	while (count_ready(v, &ended) < v->count && !ended) {
		if (pthread_cond_timedwait(&v->changed, &v->lock, &until) != 0)
			return error_set(err, ERR_SYSTEM,
				"not every quiesce command said 'ready' in %d seconds",
				READY_SECONDS);
	}
	return ended ? error_set(err, ERR_SYSTEM, "a quiesce command ended early") : 0;
}

static void quiet_release(struct quiet *v)
{
	pthread_mutex_lock(&v->lock);
	v->is_released = true;
	pthread_mutex_unlock(&v->lock);
}

static void act_between(struct quiet *v)
{
	pthread_mutex_lock(&v->lock);

	int result = await_ready(v, &v->error);

	pthread_mutex_unlock(&v->lock);
	if (result == 0)
		result = v->request->act(v->request->context, &v->error);
	quiet_release(v);
}

/* Task 0 acts, so that a thread that cannot be started leaves no command holding. */
static void quiet_do_task(void *context, size_t index)
{
	struct quiet *v = context;

	if (index == 0)
		act_between(v);
	else
		holder_hold(&v->holders[index - 1]);
}

/* ---- all of it ---- */

/* The output after the line "ready". */
static char *output_of(const struct holder *h)
{
	const char *text = h->result.output;
	const char *ready = str_starts(text, "ready\n") ? text : strstr(text, "\nready\n") + 1;

	return mem_strdup(ready + strlen("ready\n"));
}

/* A command's own error is told before the error that a command ended early. */
static int quiet_judge(const struct quiet *v, struct error *err)
{
	for (size_t i = 0; i < v->count; i++) {
		if (v->holders[i].error.kind && (!v->error.kind || !v->holders[i].is_ready)) {
			*err = v->holders[i].error;
			return -1;
		}
	}
	if (v->error.kind) {
		*err = v->error;
		return -1;
	}
	return 0;
}

/* Waiting goes by the monotonic clock: setting the wall clock must not have hosts stand still. */
static void quiet_init(struct quiet *v)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void holders_collect(struct quiet *v, const struct environment_scan *scan)
{
	v->holders = mem_new(scan->count, sizeof *v->holders);
	for (size_t i = 0; i < scan->count; i++) {
		if (*scan->places[i].group->quiesce)
			v->holders[v->count++] =
				(struct holder){ .quiet = v, .place = &scan->places[i] };
	}
}

static void quiet_done(struct quiet *v)
{
	for (size_t i = 0; i < v->count; i++) {
		session_result_done(&v->holders[i].result);
		str_done(&v->holders[i].output);
	}
	session_pool_free(v->pool);
	free(v->holders);
	pthread_mutex_destroy(&v->lock);
	pthread_cond_destroy(&v->changed);
}
CLEANUP_DONE(struct quiet, quiet_done)

int quiesce_around(
	const struct quiesce_request *request, struct quiesced_list *out, struct error *err)
{
	CLEANUP(quiet_done) struct quiet v = { .request = request };
	struct quiesced_list list = { 0 };

	quiet_init(&v);
	holders_collect(&v, request->scan);
	v.pool = session_pool_new(&request->config->ssh, v.count);
	workers_run(v.count + 1, v.count + 1, quiet_do_task, &v);
	if (quiet_judge(&v, err) < 0)
		return -1;
	list.items = mem_new(v.count, sizeof *list.items);
	for (list.count = 0; list.count < v.count; list.count++) {
		const struct holder *h = &v.holders[list.count];

		list.items[list.count] = (struct quiesced){ h->place->host, output_of(h),
			h->released_ms - h->ready_ms };
	}
	*out = list;
	return 0;
}

void quiesced_list_done(struct quiesced_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].output);
	free(list->items);
	*list = (struct quiesced_list){ 0 };
}
