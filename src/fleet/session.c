/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/session.h"

#include "base/clock.h"
#include "base/driver.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/connection_private.h"
#include "fleet/session_private.h"
#include "model/config.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#define MS        1000
#define NS_PER_MS INT64_C(1000000)
#define FIRST_PAUSE_MS                                                                             \
	100 /* before a server that refuses is asked again; twice as long each time */
#define LAST_PAUSE_MS 2000

/* ---- the pool ---- */

TAILQ_HEAD(session_list, session);

struct session_pool {
	const struct session_driver *driver; /* of all hosts; NULL: what each has */
	const struct ssh_settings *settings; /* borrowed */
	size_t limit;
	pthread_mutex_t lock; /* guards what follows, and the link of every idle session */
	pthread_cond_t is_given;
	size_t taken;             /* places: links that are open or may be opened */
	struct session_list idle; /* those that are open and not in use; longest first */
};

struct session {
	struct session_pool *pool;
	const struct host *host; /* borrowed */
	const struct session_driver *driver;
	struct ssh_settings settings;
	void *link; /* the driver's; NULL while there is none */
	int64_t idle_since;
	char *note; /* owned; NULL for none */
	TAILQ_ENTRY(session) idle;
};

static const struct driver_function wanted[] = {
	/* clang-format off */
	DRIVER_FUNCTION(session_driver, open),
	DRIVER_FUNCTION(session_driver, is_fresh),
	DRIVER_FUNCTION(session_driver, run),
	DRIVER_FUNCTION(session_driver, step),
	DRIVER_FUNCTION(session_driver, close),
	{ 0 },
	/* clang-format on */
};

static const struct session_driver *driver_of(
	const struct session_pool *pool, const struct host *host)
{
	if (pool->driver)
		return pool->driver;
	return connection_words(host, pool->settings) ? &session_by_command : &session_by_ssh;
}

struct session_pool *session_pool_new(const struct ssh_settings *settings, size_t limit)
{
	struct session_pool *pool = mem_new(1, sizeof *pool);
	size_t usual = settings->parallel ? settings->parallel : 1;

	pool->settings = settings;
	pool->limit = limit ? limit : usual;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->is_given, NULL);
	TAILQ_INIT(&pool->idle);
	return pool;
}

int session_pool_new_by(const struct session_driver *driver, const struct ssh_settings *settings,
	size_t limit, struct session_pool **out, struct error *err)
{
	const char *missing = driver_lacks(driver, wanted);

	if (missing)
		return error_set(err, ERR_USAGE,
			"driver '%s' for reaching hosts has no function '%s'",
			driver->name ? driver->name : "", missing);
	*out = session_pool_new(settings, limit);
	(*out)->driver = driver;
	return 0;
}

size_t session_pool_limit(const struct session_pool *pool)
{
	return pool->limit;
}

void session_pool_free(struct session_pool *pool)
{
	if (!pool)
		return;
	assert(pool->taken == 0);
	pthread_cond_destroy(&pool->is_given);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Whoever closes a link has its place, until it gives that back. */
static void close_link(struct session *s)
{
	if (s->link)
		s->driver->close(STEAL(&s->link));
}

/* Take a link out of the list of idle ones, and with it its place. NULL when there is none. With the lock. */
static void *take_link(struct session *s)
{
	if (s->link)
		TAILQ_REMOVE(&s->pool->idle, s, idle);
	return STEAL(&s->link);
}

/*
 * Have a place: that of our own link, a free one, or that of the link that was idle longest.
 * @return Whether our link is open.
 */
static bool take_place(struct session *s)
{
	struct session_pool *pool = s->pool;
	struct session *oldest = NULL;
	void *link = NULL;

	pthread_mutex_lock(&pool->lock);
	s->link = take_link(s);
	while (!s->link && pool->taken == pool->limit && TAILQ_EMPTY(&pool->idle))
		pthread_cond_wait(&pool->is_given, &pool->lock);
	if (!s->link && pool->taken == pool->limit) {
		oldest = TAILQ_FIRST(&pool->idle);
		link = take_link(oldest);
	} else if (!s->link) {
		pool->taken++;
	}
	pthread_mutex_unlock(&pool->lock);
	if (link)
		oldest->driver->close(link);
	return s->link;
}

/* With an open link the place stays taken, but another may have it. */
static void give_place(struct session *s)
{
	struct session_pool *pool = s->pool;

	pthread_mutex_lock(&pool->lock);
	s->idle_since = clock_monotonic_ms();
	if (s->link)
		TAILQ_INSERT_TAIL(&pool->idle, s, idle);
	else
		pool->taken--;
	pthread_cond_signal(&pool->is_given);
	pthread_mutex_unlock(&pool->lock);
}

/* ---- sessions ---- */

struct session *session_new(struct session_pool *pool, const struct host *host)
{
	struct session *s = mem_new(1, sizeof *s);

	s->pool = pool;
	s->host = host;
	s->driver = driver_of(pool, host);
	s->settings = *pool->settings;
	return s;
}

const char *session_name(const struct session *s)
{
	return s->host->name;
}

const char *session_note(const struct session *s)
{
	return s->note ? s->note : "";
}

void session_hurry(struct session *s, int64_t seconds)
{
	s->settings.connect_timeout = seconds;
}

void session_disconnect(struct session *s)
{
	struct session_pool *pool = s->pool;
	void *link = NULL;

	pthread_mutex_lock(&pool->lock);
	link = take_link(s);
	pthread_mutex_unlock(&pool->lock);
	if (!link)
		return;
	s->driver->close(link);
	give_place(s);
}

void session_close(struct session *s)
{
	if (!s)
		return;
	session_disconnect(s);
	free(s->note);
	free(s);
}

/* ---- work ---- */

/* What a host is asked to do: a step when that has a name. */
struct request {
	const char *rollout, *step;
	const struct session_call *call;
	struct session_result *ran;
	struct session_step_result *stepped;
};

static int ask_driver(struct session *s, const struct request *r, struct error *err)
{
	if (r->step)
		return s->driver->step(s->link, r->rollout, r->step, r->call, r->stepped, err);
	return s->driver->run(s->link, r->call, r->ran, err);
}

static int reach_and_ask(struct session *s, const struct request *r, struct error *err)
{
	int result = s->link ? 0 : s->driver->open(s->host, &s->settings, &s->link, err);

	if (result == 0)
		result = ask_driver(s, r, err);
	if (result != 0)
		close_link(s);
	return result;
}

/* Hosts that were refused together shall not come again together: the clock's last digits spread them. */
static void sleep_about(int64_t ms)
{
	struct timespec pause = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &pause);
	ms += ms * (pause.tv_nsec % MS) / MS;
	pause = (struct timespec){ .tv_sec = ms / MS, .tv_nsec = ms % MS * NS_PER_MS };
	nanosleep(&pause, NULL);
}

/* A server that refuses for the moment is asked again, as long as connecting may take. */
static int ask_patiently(struct session *s, const struct request *r, struct error *err)
{
	int64_t until = clock_monotonic_ms() + s->settings.connect_timeout * MS;
	int64_t pause = FIRST_PAUSE_MS;
	int result = reach_and_ask(s, r, err);

	while (result == SESSION_ASK_AGAIN && clock_monotonic_ms() + pause < until) {
		sleep_about(pause);
		pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS;
		result = reach_and_ask(s, r, err);
	}
	return result;
}

static int serve_request(struct session *s, const struct request *r, struct error *err)
{
	int result = SESSION_ASK_AGAIN;
	struct error last = { 0 }; /* of a try; only that of the last one counts */

	if (s->host->original && !*s->host->address)
		return error_set(
			err, ERR_UNREACHABLE, "%s: the clone is not running", s->host->name);
	if (take_place(s) && !s->driver->is_fresh(s->link, clock_monotonic_ms() - s->idle_since))
		close_link(s);
	if (s->link)
		result = reach_and_ask(s, r, &last);
	if (result == SESSION_ASK_AGAIN)
		result = ask_patiently(s, r, &last);
	give_place(s);
	if (result == 0)
		return 0;
	*err = last;
	return -1;
}

int session_run(struct session *s, const struct session_call *call, struct session_result *result,
	struct error *err)
{
	if (serve_request(s, &(struct request){ .call = call, .ran = result }, err) < 0)
		return -1;
	free(s->note);
	s->note = STEAL(&result->note);
	return 0;
}

int session_step(struct session *s, const char *rollout, const char *step,
	const struct session_call *call, struct session_step_result *result, struct error *err)
{
	return serve_request(s,
		&(struct request){
			.rollout = rollout, .step = step, .call = call, .stepped = result },
		err);
}

/* ---- results ---- */

int session_failed(const struct session *s, const char *program,
	const struct session_result *result, struct error *err)
{
	const char *words = *result->errors ? result->errors : result->output;
	size_t size = strlen(words);

	while (size > 0 && words[size - 1] == '\n')
		size--;

	size_t skipped = size > SESSION_WORDS ? size - SESSION_WORDS : 0;

	return error_set(err, ERR_SYSTEM, "%s: %s ended with %d: %.*s", session_name(s), program,
		result->exit_status, (int)(size - skipped), words + skipped);
}

void session_result_done(struct session_result *result)
{
	free(result->output);
	free(result->errors);
	free(result->note);
	*result = (struct session_result){ 0 };
}

void session_step_result_done(struct session_step_result *result)
{
	free(result->output);
	*result = (struct session_step_result){ 0 };
}
