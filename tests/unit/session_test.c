/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions over a third driver: agents that are told the names of programs, as over a message bus. */
#include "base/error.h"
#include "base/mem.h"
#include "base/workers.h"
#include "fleet/hoststep.h"
#include "fleet/order.h"
#include "fleet/session_private.h"
#include "model/config.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 5

/* One bus for all hosts. What its driver sees of a link is the host's name in it. */
static struct bus {
	pthread_mutex_t lock;
	size_t opened, closed, most, runs, steps;
	int refusals;  /* so many calls more are to be asked again */
	bool is_stale; /* idle links are of no use */
	enum error_kind fails;
	char last[300];
} bus = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct host hosts[HOSTS] = { { .name = "h0", .address = "h0", .user = "" },
	{ .name = "h1", .address = "h1", .user = "" },
	{ .name = "h2", .address = "h2", .user = "" },
	{ .name = "h3", .address = "h3", .user = "" },
	{ .name = "h4", .address = "h4", .user = "" } };
static const struct ssh_settings settings = { .user = "", .connect_timeout = 1, .parallel = 2 };

static int bus_open(
	const struct host *host, const struct ssh_settings *way, void **link, struct error *err)
{
	(void)way;
	(void)err;
	pthread_mutex_lock(&bus.lock);
	bus.opened++;
	if (bus.opened - bus.closed > bus.most)
		bus.most = bus.opened - bus.closed;
	pthread_mutex_unlock(&bus.lock);
	*link = mem_strdup(host->name);
	return 0;
}

static bool bus_is_fresh(void *link, int64_t idle_ms)
{
	(void)link;
	assert_true(idle_ms >= 0);
	return !bus.is_stale;
}

static void bus_close(void *link)
{
	pthread_mutex_lock(&bus.lock);
	bus.closed++;
	pthread_mutex_unlock(&bus.lock);
	free(link);
}

static void count(size_t *what)
{
	pthread_mutex_lock(&bus.lock);
	++*what;
	pthread_mutex_unlock(&bus.lock);
}

static int begin(
	const char *host, const char *what, const struct session_call *call, struct error *err)
{
	if (bus.refusals > 0) {
		bus.refusals--;
		(void)!error_set(err, ERR_UNREACHABLE, "%s: the agent is busy", host);
		return SESSION_ASK_AGAIN;
	}
	if (bus.fails)
		return error_set(err, bus.fails, "%s: the bus is gone", host);
	pthread_mutex_lock(&bus.lock);
	snprintf(bus.last, sizeof bus.last, "%s: %s %s: %.*s", host, what, call->program,
		(int)call->input_size, call->input ? call->input : "");
	pthread_mutex_unlock(&bus.lock);
	return 0;
}

static int bus_run(void *link, const struct session_call *call, struct session_result *result,
	struct error *err)
{
	int answer = begin(link, "run", call, err);

	if (answer < 0)
		return answer;
	count(&bus.runs);
	*result = (struct session_result){ .output = mem_strdup(link), .errors = mem_strdup("") };
	return 0;
}

static int bus_step(void *link, const char *rollout, const char *step,
	const struct session_call *call, struct session_step_result *result, struct error *err)
{
	CLEANUP(free) char *name = mem_printf("%s/%s", rollout, step);
	int answer = begin(link, name, call, err);

	if (answer < 0)
		return answer;
	count(&bus.steps);
	*result = (struct session_step_result){ .output = mem_strdup("done\n") };
	return 0;
}

static const struct session_driver agents = { "bus", bus_open, bus_is_fresh, bus_run, bus_step,
	bus_close };
static const struct session_call call = { .program = "inventory" };

static struct session_pool *pool_of(size_t limit)
{
	struct session_pool *pool = NULL;
	struct error err = { 0 };

	assert_int_equal(0, session_pool_new_by(&agents, &settings, limit, &pool, &err));
	return pool;
}

static void must_run(struct session *s)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct error err = { 0 };

	if (session_run(s, &call, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(ERR_NONE, err.kind); /* of a try that failed before, nothing is told */
	assert_string_equal(session_name(s), r.output);
}

/* Nothing above the driver knows of bytes: a program goes by its name, and so does a step. */
static void test_session__takes_agents_for_hosts(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	CLEANUP(session_close) struct session *s = session_new(pool, &hosts[0]);
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };
	const struct order order = { .set = "0123456789abcdef0123456789abcdef"
					    "0123456789abcdef0123456789abcdef",
		.platform = "any" };
	const struct hoststep apply = {
		.rollout = "rollout-1", .step = "apply-1", .order = &order
	};
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, bus.opened);
	must_run(s);
	assert_string_equal("h0: run inventory: ", bus.last);
	if (hoststep_apply(s, &apply, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(
		0, strncmp(bus.last, "h0: rollout-1/apply-1 apply: order 1\nset 0123456789abcdef",
			   55));
	assert_string_equal("done\n", result.output);
	assert_int_equal(1, bus.opened);
	assert_int_equal(0, bus.closed);
}

static void test_session__refuses_a_driver_that_lacks_a_function(void **state)
{
	struct session_driver lame = agents;
	struct session_pool *pool = NULL;
	struct error err = { 0 };

	(void)state;
	lame.step = NULL;
	assert_int_equal(-1, session_pool_new_by(&lame, &settings, 0, &pool, &err));
	assert_int_equal(ERR_USAGE, err.kind);
	assert_string_equal("driver 'bus' for reaching hosts has no function 'step'", err.text);
}

static void test_session__says_when_a_clone_is_not_running(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	const struct host clone = {
		.name = "production/clone-3/prod", .address = "", .user = "", .original = &hosts[0]
	};
	CLEANUP(session_close) struct session *s = session_new(pool, &clone);
	struct session_result r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(-1, session_run(s, &call, &r, &err));
	assert_int_equal(ERR_UNREACHABLE, err.kind);
	assert_string_equal("production/clone-3/prod: the clone is not running", err.text);
	assert_int_equal(0, bus.opened);
}

static void test_session__connects_anew_when_it_was_idle_for_too_long(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	CLEANUP(session_close) struct session *s = session_new(pool, &hosts[0]);

	(void)state;
	must_run(s);
	must_run(s);
	assert_int_equal(1, bus.opened);
	bus.is_stale = true;
	must_run(s);
	assert_int_equal(2, bus.opened);
	assert_int_equal(1, bus.closed);
	bus.is_stale = false;
	session_disconnect(s);
	session_disconnect(s);
	assert_int_equal(2, bus.closed);
	must_run(s);
	assert_int_equal(3, bus.opened);
}

/* The peer left while nobody looked: nothing was sent, so it is sent now, at once and once. */
static void test_session__asks_again_where_nothing_was_sent(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	CLEANUP(session_close) struct session *s = session_new(pool, &hosts[0]);

	(void)state;
	must_run(s);
	bus.refusals = 1;
	must_run(s);
	assert_int_equal(2, bus.opened);
	assert_int_equal(2, bus.runs);
	/* A server that refuses for a moment. */
	session_disconnect(s);
	bus.refusals = 2;
	must_run(s);
	assert_int_equal(3, bus.runs);
	assert_int_equal(5, bus.opened);
}

static void test_session__tells_a_server_that_goes_on_refusing(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	CLEANUP(session_close) struct session *s = session_new(pool, &hosts[0]);
	struct session_result r = { 0 };
	struct error err = { 0 };

	(void)state;
	bus.refusals = 1000;
	assert_int_equal(-1, session_run(s, &call, &r, &err));
	assert_string_equal("h0: the agent is busy", err.text);
	assert_in_range(bus.opened, 2, 10);
	assert_int_equal(bus.opened, bus.closed);
	assert_int_equal(0, bus.runs);
}

/* What may have happened is not done again by itself. */
static void test_session__never_sends_twice(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	CLEANUP(session_close) struct session *s = session_new(pool, &hosts[0]);
	struct session_result r = { 0 };
	struct error err = { 0 };

	(void)state;
	must_run(s);
	bus.fails = ERR_UNCERTAIN;
	assert_int_equal(-1, session_run(s, &call, &r, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_int_equal(1, bus.opened);
	assert_int_equal(1, bus.closed);
}

/* The one that was idle longest makes room. */
static void test_session__keeps_a_bounded_number_of_connections(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(0);
	struct session *s[HOSTS];

	(void)state;
	assert_int_equal(2, session_pool_limit(pool));
	for (size_t i = 0; i < HOSTS; i++)
		s[i] = session_new(pool, &hosts[i]);
	for (size_t i = 0; i < HOSTS; i++)
		must_run(s[i]);
	assert_int_equal(HOSTS, bus.opened);
	assert_int_equal(HOSTS - 2, bus.closed);
	must_run(s[3]); /* still open, and from now on later than the other */
	must_run(s[0]);
	must_run(s[3]);
	assert_int_equal(HOSTS + 1, bus.opened);
	assert_int_equal(2, bus.most);
	for (size_t i = 0; i < HOSTS; i++)
		session_close(s[i]);
	assert_int_equal(bus.opened, bus.closed);
}

static void run_one(void *context, size_t index)
{
	struct session *const *s = context;

	must_run(s[index]);
}

/* More threads than places: who finds all in use waits, and everybody comes to his turn. */
static void test_session__waits_for_a_place(void **state)
{
	CLEANUP(session_pool_free) struct session_pool *pool = pool_of(1);
	struct session *s[HOSTS];

	(void)state;
	for (size_t i = 0; i < HOSTS; i++)
		s[i] = session_new(pool, &hosts[i]);
	workers_run(HOSTS, HOSTS, run_one, s);
	assert_int_equal(HOSTS, bus.runs);
	assert_int_equal(1, bus.most);
	for (size_t i = 0; i < HOSTS; i++)
		session_close(s[i]);
}

static int reset(void **state)
{
	(void)state;
	bus = (struct bus){ .lock = PTHREAD_MUTEX_INITIALIZER };
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_session__takes_agents_for_hosts, reset),
		cmocka_unit_test_setup(test_session__refuses_a_driver_that_lacks_a_function, reset),
		cmocka_unit_test_setup(test_session__says_when_a_clone_is_not_running, reset),
		cmocka_unit_test_setup(
			test_session__connects_anew_when_it_was_idle_for_too_long, reset),
		cmocka_unit_test_setup(test_session__asks_again_where_nothing_was_sent, reset),
		cmocka_unit_test_setup(test_session__tells_a_server_that_goes_on_refusing, reset),
		cmocka_unit_test_setup(test_session__never_sends_twice, reset),
		cmocka_unit_test_setup(test_session__keeps_a_bounded_number_of_connections, reset),
		cmocka_unit_test_setup(test_session__waits_for_a_place, reset),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
