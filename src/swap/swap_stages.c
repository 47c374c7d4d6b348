/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "fleet/await_healthy.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "gate/drift.h"
#include "gate/testing.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "rehearse/equality.h"
#include "store/environment.h"
#include "store/host.h"
#include "store/lease.h"
#include "swap/swap_private.h"

#include <stdio.h>

#define STOP_LIMIT_MS   ((int64_t)90 * 1000)  /* orderly; hard past it */
#define ANSWER_LIMIT_MS ((int64_t)180 * 1000) /* for booting, services and health */

struct stage_run;
typedef int stage_order(
	const struct stage_run *run, struct provider_session *session, struct error *err);

/* One batch on its way: what its acts share. */
struct stage_run {
	struct swap *swap;
	const struct batch *batch;
	size_t number; /* its place in the mark */
	bool is_back;
	stage_order *order; /* of the stage that is done */
};

static struct provider_target originals_of(const struct stage_run *run)
{
	return clone_original_target(run->swap->clone, run->batch->hosts);
}

static void note_moment(struct clone_trace *trace)
{
	trace->details = jvalue_object();
	jvalue_set_integer(trace->details, "at_ms", clock_now_ms());
}

/* ---- what the provider is told; each order is safe to repeat ---- */

static int order_stop(
	const struct stage_run *run, struct provider_session *session, struct error *err)
{
	struct provider_target target = originals_of(run);

	return provider_stop(session, &target, STOP_LIMIT_MS, err);
}

static int order_exchange(
	const struct stage_run *run, struct provider_session *session, struct error *err)
{
	struct provider_target target = clone_target(run->swap->clone, run->batch->hosts);

	return provider_exchange(
		session, &target, run->is_back ? EXCHANGE_TO_ORIGINAL : EXCHANGE_TO_CLONE, err);
}

/* A rollback tells what was written since this snapshot; not every provider can take one. */
static int order_keep(
	const struct stage_run *run, struct provider_session *session, struct error *err)
{
	struct provider_target target = originals_of(run);
	CLEANUP(free) char *name = clone_swap_point(run->swap->clone);

	return provider_can(session, "snapshot") ? provider_snapshot(session, &target, name, err)
						 : 0;
}

static int order_forget(
	const struct stage_run *run, struct provider_session *session, struct error *err)
{
	struct provider_target target = originals_of(run);
	CLEANUP(free) char *name = clone_swap_point(run->swap->clone);

	return provider_can(session, "forget") ? provider_forget(session, &target, name, err) : 0;
}

static int order_start(
	const struct stage_run *run, struct provider_session *session, struct error *err)
{
	struct provider_target target = originals_of(run);
	CLEANUP(machines_done) struct machines machines = { 0 };

	return provider_start(session, &target, NULL, &machines, err);
}

/* clone_act */
static int act_order(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct stage_run *run = context;
	struct provider_session *session = NULL;

	note_moment(trace);
	return clone_provider(c, &session, err) < 0 ? -1 : run->order(run, session, err);
}

/* ---- waiting for hosts, side by side ---- */

struct watcher {
	const struct stage_run *stage_run;
	struct session_pool *pool;
	struct place place;
	struct inventory *inventory; /* owned; NULL when it failed */
	struct error error;
};

static void watch_one(void *context, size_t index)
{
	struct watcher *w = &((struct watcher *)context)[index];

	if (await_healthy(w->pool, &w->place, ANSWER_LIMIT_MS, &w->inventory, &w->error) == 0)
		w->error.kind = ERR_NONE;
}

/* Compare a host's packages with those of its clone's host as it was last seen. */
static int watcher_compare(const struct watcher *w, struct equality *out, struct error *err)
{
	const struct swap_request *r = w->stage_run->swap->request;
	const char *host = w->place.host->name;
	CLEANUP(free) char *name = mem_printf("%s/%s", r->clone->name, host);
	CLEANUP(host_row_done) struct host_row row = { 0 };
	CLEANUP(hoststate_free) struct hoststate *now = NULL, *wanted = NULL;
	size_t size = 0;
	const char *text = inventory_state(w->inventory, &size);

	if (store_host_find(r->store, name, &row, err) < 0)
		return -1;
	if (!row.state)
		return error_set(err, ERR_REFUSED, "'%s' was never scanned", name);
	if (store_state_read(r->store, row.state, &wanted, err) < 0 ||
		hoststate_read(text, size, &now, err) < 0)
		return -1;
	equality_add(out, host, now, wanted);
	return 0;
}

/* Prove that a host has the packages of its tested copy. */
static int watcher_prove(const struct watcher *w, struct error *err)
{
	CLEANUP(equality_done) struct equality found = { 0 };

	if (watcher_compare(w, &found, err) < 0)
		return error_wrap(err, "comparing %s with its clone", w->place.host->name);
	if (!found.count)
		return 0;
	return error_set(err, ERR_REFUSED,
		"%s is not what was tested: %zu packages differ, first %s: %s, in the clone %s",
		w->place.host->name, found.count, found.items[0].name,
		*found.items[0].original ? found.items[0].original : "not installed",
		*found.items[0].clone ? found.items[0].clone : "not installed");
}

static int watcher_judge(const struct watcher *w, struct error *err)
{
	const struct swap_request *r = w->stage_run->swap->request;

	if (w->error.kind != ERR_NONE) {
		*err = w->error;
		return -1;
	}
	if (environment_scan_record(r->store, &w->place, w->inventory, r->actor, err) < 0)
		return -1;
	return w->stage_run->is_back ? 0 : watcher_prove(w, err);
}

static int watch_hosts(const struct stage_run *stage_run, struct watcher *watchers,
	struct clone_trace *trace, struct error *err)
{
	const struct swap_request *r = stage_run->swap->request;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&r->config->ssh, 0);

	for (size_t i = 0; i < stage_run->batch->count; i++) {
		watchers[i].stage_run = stage_run;
		watchers[i].pool = pool;
		if (!environment_find_host(stage_run->swap->original, stage_run->batch->hosts[i],
			    &watchers[i].place))
			return error_set(err, ERR_NOT_FOUND, "there is no host '%s' in %s any more",
				stage_run->batch->hosts[i], r->config->path);
	}
	workers_run(stage_run->batch->count, session_pool_limit(pool), watch_one, watchers);
	note_moment(trace);
	for (size_t i = 0; i < stage_run->batch->count; i++) {
		if (watcher_judge(&watchers[i], err) < 0)
			return -1;
	}
	return 0;
}

static int act_answer(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct stage_run *stage_run = context;
	CLEANUP(free)
	struct watcher *watchers = mem_new(stage_run->batch->count, sizeof *watchers);
	int result = watch_hosts(stage_run, watchers, trace, err);

	(void)c;
	for (size_t i = 0; i < stage_run->batch->count; i++)
		inventory_free(watchers[i].inventory);
	return result;
}

/* ---- the two ways ---- */

struct stage {
	const char *action;
	stage_order *order; /* NULL: wait until the hosts answer */
};

#define STOPS_ORIGINAL "stop-original"

static const struct stage over[] = {
	{ STOPS_ORIGINAL, order_stop },
	{ "exchange", order_exchange },
	{ "keep", order_keep },
	{ "start-swapped", order_start },
	{ "answer", NULL },
	{ 0 },
};

static const struct stage back[] = {
	{ "stop-swapped", order_stop },
	{ "forget", order_forget },
	{ "put-back", order_exchange },
	{ "start-original", order_start },
	{ "answer", NULL },
	{ 0 },
};

static int stages_walk(
	struct stage_run *run, const struct stage *stages, int64_t after, struct error *err)
{
	struct swap *s = run->swap;
	CLEANUP(free) char *target = swap_target(run->number);

	for (const struct stage *stage = stages; stage->action; stage++) {
		if (swap_has_done(s, after, stage->action, target))
			continue;
		run->order = stage->order;
		if (clone_do(s->clone, stage->action, target, stage->order ? act_order : act_answer,
			    run, err) < 0)
			return -1;
	}
	return 0;
}

int swap_batch_over(struct swap *s, size_t batch, int64_t after, struct error *err)
{
	struct stage_run run = { s, &s->mark.batches.items[batch], batch, false, NULL };

	return stages_walk(&run, over, after, err);
}

int swap_batch_back(struct swap *s, size_t batch, int64_t after, struct error *err)
{
	struct stage_run run = { s, &s->mark.batches.items[batch], batch, true, NULL };

	return stages_walk(&run, back, after, err);
}

bool swap_is_touched(const struct swap *s, size_t batch, int64_t after)
{
	CLEANUP(free) char *target = swap_target(batch);

	return swap_has_begun(s, after, STOPS_ORIGINAL, target);
}

/* ---- the environment as a whole ---- */

/* Groups with a host that is not at the set, each once. */
static void name_remaining(struct swap *s, const struct drift *drift)
{
	char *out = s->summary.remaining;
	size_t size = sizeof s->summary.remaining, used = 0;

	*out = '\0';
	for (size_t i = 0; i < s->original->group_count; i++) {
		const char *group = s->original->groups[i].name;
		bool unfinished = false;

		for (size_t h = 0; h < drift->hosts.count; h++)
			unfinished = unfinished || (str_equal(drift->hosts.items[h].group, group) &&
							   *drift->of[h].contradiction);
		if (unfinished && used < size)
			used += (size_t)snprintf(
				out + used, size - used, "%s%s", used ? ", " : "", group);
	}
}

int swap_settle(struct swap *s, const char *set, struct error *err)
{
	const struct swap_request *r = s->request;
	const struct environment_scan_options options = {
		.config = r->config, .environment = s->original, .actor = r->actor
	};
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	CLEANUP(drift_done) struct drift drift = { .first = "" };

	if (environment_scan_take(r->store, &options, &scan, err) < 0 ||
		drift_suppose(r->config, r->store, s->original, set, &drift, err) < 0)
		return -1;
	s->summary.is_clean = !drift.contradicted;
	name_remaining(s, &drift);
	return store_environment_settled(r->store, &drift.row,
		drift.contradicted ? ENVIRONMENT_MIXED : ENVIRONMENT_CLEAN,
		drift.contradicted ? NULL : set, r->actor, err);
}

static int act_test(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct swap *s = context;
	const struct swap_request *r = s->request;
	struct testing_summary ended = { 0 };
	const struct testing_request request = {
		.config = r->config,
		.store = r->store,
		.environment = s->original,
		.actor = r->actor,
		.only = r->clone->gate.tests,
		.on_start = r->watch.on_test_start,
		.on_end = r->watch.on_test_end,
		.context = r->watch.context,
	};

	(void)c;
	if (testing_run(&request, &ended, err) < 0)
		return -1;
	s->summary.passed = ended.passed;
	s->summary.failed = ended.failed;
	trace->details = jvalue_object();
	jvalue_set_integer(trace->details, "passed", (int64_t)ended.passed);
	jvalue_set_integer(trace->details, "failed", (int64_t)ended.failed);
	if (ended.failed)
		return error_set(err, ERR_REFUSED,
			"%zu of %zu tests failed in '%s': patchline evidence %s", ended.failed,
			ended.failed + ended.passed, s->original->name, s->original->name);
	return 0;
}

int swap_test(struct swap *s, int64_t after, struct error *err)
{
	if (swap_has_done(s, after, "test", ""))
		return 0;
	return clone_do(s->clone, "test", "", act_test, s, err);
}
