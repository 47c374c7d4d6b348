/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/rollout.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/rollout_policy.h"
#include "policy/budget.h"
#include "rollout/aftermath.h"
#include "rollout/roster.h"
#include "rollout/run_private.h"
#include "rollout/stock.h"
#include "rollout/walk.h"
#include "store/environment.h"
#include "store/holding.h"
#include "store/rollout.h"
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_BEAT_MS 30000

static void run_done_p(struct run *run)
{
	roster_free(run->roster);
	rollout_policy_free(run->policy);
	stock_free(run->stock);
	holding_free(run->lock);
	pthread_mutex_destroy(&run->watch);
}

static int take_lock(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free)
	char *what = mem_printf("patchline promote %s --to %s", r->candidate, r->environment->name);

	return holding_take(r->store, r->environment->name, what, r->actor, &run->lock, err);
}

/* ---- waves ---- */

/* One wave's hosts, walked side by side; each leaves its own error. */
struct wave_run {
	struct run *run;
	struct walk walk;
	struct member **members;
	struct error *errors;
	size_t count;
};

static void walk_one(void *context, size_t index)
{
	struct wave_run *w = context;

	if (walk_host(&w->walk, w->members[index], &w->errors[index]) == 0)
		w->errors[index].kind = ERR_NONE;
}

/*
 * The lock is held on to however long a step takes. One that was lost all the same is found before the next step
 * (walk.c renews it too), which is then not begun.
 */
static void keep_lock(void *context)
{
	const struct wave_run *w = context;
	struct error ignored = { 0 };

	if (holding_renew(w->run->lock, &ignored) < 0)
		return;
}

static int settle_early(struct run *run, const struct member *m, struct error *err)
{
	const struct rollout_watch *watch = &run->request->watch;
	struct rollout_host_move move = {
		.rollout = run->id,
		.host = m->place.host->name,
		.from = HOST_WAITING,
		.to = m->verdict,
		.failure = m->failure,
		.reason = m->reason,
		.state_before = m->state_before,
	};

	if (store_rollout_host_move(run->request->store, &move, run->request->actor, err) < 0)
		return -1;
	if (watch->on_verdict)
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
	return 0;
}

/* A verdict that was clear before the start is written down then: its host's wave may never come. */
static int settle_known(struct run *run, struct error *err)
{
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		const struct member *m = roster_at(run->roster, i);

		if (m->verdict != HOST_WAITING && settle_early(run, m, err) < 0)
			return -1;
	}
	return 0;
}

static void collect_wave(struct run *run, size_t wave, struct wave_run *w)
{
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		struct member *m = roster_at(run->roster, i);

		if (m->wave == wave && m->verdict == HOST_WAITING)
			w->members[w->count++] = m;
	}
}

static int run_wave(struct run *run, size_t wave, struct error *err)
{
	const struct rollout_request *r = run->request;
	size_t most = roster_count(run->roster);
	CLEANUP(free) struct member **members = mem_new(most, sizeof(struct member *));
	CLEANUP(free) struct error *errors = mem_new(most, sizeof *errors);
	static const struct workers_beat beat = { keep_lock, LOCK_BEAT_MS };
	sem_t reboots;
	struct wave_run w = {
		.run = run,
		.walk = {
			.request = r,
			.roster = run->roster,
			.rollout = run->id,
			.lock = run->lock,
			.watch = &run->watch,
			.side_by_side = r->config->ssh.parallel,
			.reboots = &reboots,
			.stock = run->stock,
		},
		.members = members,
		.errors = errors,
	};

	collect_wave(run, wave, &w);
	if (!w.count)
		return 0;
	if (w.count < w.walk.side_by_side)
		w.walk.side_by_side = w.count;
	if (r->watch.on_wave)
		r->watch.on_wave(r->watch.context, members[0]->place.group->name, wave, w.count);
	sem_init(&reboots, 0, members[0]->place.group->reboot_at_once);
	workers_run_watched(w.count, r->config->ssh.parallel, walk_one, &beat, &w);
	sem_destroy(&reboots);
	for (size_t i = 0; i < w.count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}

static void count_member(struct tally *t, const struct member *m, size_t wave)
{
	t->hosts++;
	t->of[m->failure] += m->wave <= wave;
}

/*
 * How hosts stand after a wave. One that is known not to be ready, in a wave to come, does not stop the waves
 * before it.
 */
static void count_failures(
	const struct run *run, const struct group *group, size_t wave, struct budget_facts *out)
{
	*out = (struct budget_facts){ .all_budget = &run->policy->failure_budget, .group = group };
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		const struct member *m = roster_at(run->roster, i);

		count_member(&out->all, m, wave);
		if (m->place.group == group)
			count_member(&out->in_group, m, wave);
		if (m->wave == wave)
			count_member(&out->wave, m, wave);
	}
}

static const struct group *group_of_wave(const struct run *run, size_t wave)
{
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		if (roster_at(run->roster, i)->wave == wave)
			return roster_at(run->roster, i)->place.group;
	}
	return NULL;
}

/* Wave after wave until the last, or until a failure budget says stop. */
static int run_waves(struct run *run, struct error *err)
{
	char *stop = run->summary->stop_reason;
	size_t stop_size = sizeof run->summary->stop_reason;

	if (settle_known(run, err) < 0)
		return -1;
	for (size_t wave = 1; wave <= roster_wave_count(run->roster); wave++) {
		const struct group *group = group_of_wave(run, wave);
		struct budget_facts facts;

		if (!group)
			continue;
		if (run_wave(run, wave, err) < 0)
			return -1;
		count_failures(run, group, wave, &facts);
		if (budget_is_exceeded(&facts, stop, stop_size))
			return 0;
	}
	return 0;
}

/* ---- the end ---- */

static void sum_up(struct run *run)
{
	struct rollout_summary *sum = run->summary;
	size_t count = roster_count(run->roster);

	for (size_t i = 0; i < count; i++) {
		const struct member *m = roster_at(run->roster, i);

		sum->verdicts[m->verdict]++;
		sum->package_count += m->changed;
	}
	sum->id = run->id;
	sum->is_complete = sum->verdicts[HOST_DONE] + sum->verdicts[HOST_NOTHING_TO_DO] == count;
	if (!sum->is_complete && !*sum->stop_reason)
		snprintf(sum->stop_reason, sizeof sum->stop_reason,
			"%zu of %zu hosts are not at the set",
			count - sum->verdicts[HOST_DONE] - sum->verdicts[HOST_NOTHING_TO_DO],
			count);
}

/* True when no host can have been changed. */
static bool is_untouched(const struct run *run)
{
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		const struct member *m = roster_at(run->roster, i);

		if (m->verdict != HOST_WAITING && m->verdict != HOST_SKIPPED &&
			m->verdict != HOST_NOTHING_TO_DO)
			return false;
	}
	return true;
}

/* What the rollout becomes, and its environment with it. */
struct ending {
	enum rollout_state state;
	enum environment_status status;
};

/* Paused or cancelled by whom, when it was and did not come to its end before. */
static void tell_wish(struct run *run, const struct rollout_row *row)
{
	static const char *const words[WISH_COUNT] = {
		[WISH_PAUSE] = "paused",
		[WISH_CANCEL] = "cancelled",
		[WISH_ABANDON] = "cancelled",
	};

	if (words[row->wish])
		snprintf(run->summary->stop_reason, sizeof run->summary->stop_reason, "%s by %s",
			words[row->wish], row->wished_by);
}

static int find_ending(struct run *run, struct ending *out, struct error *err)
{
	static const enum rollout_state ends[WISH_COUNT] = {
		[WISH_NONE] = ROLLOUT_STOPPED,
		[WISH_PAUSE] = ROLLOUT_PAUSED,
		[WISH_CANCEL] = ROLLOUT_CANCELLED,
		[WISH_ABANDON] = ROLLOUT_CANCELLED,
	};
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	*out = (struct ending){ ROLLOUT_DONE, ENVIRONMENT_CLEAN };
	if (run->summary->is_complete)
		return 0;
	if (store_rollout_find(run->request->store, run->id, &row, err) < 0)
		return -1;
	tell_wish(run, &row);
	out->state = ends[row.wish];
	if (!rollout_wish_is_final(row.wish) || !run->was_clean || !is_untouched(run))
		out->status = ENVIRONMENT_MIXED;
	return 0;
}

/* Compare-and-set against what the store says now: nobody else may have changed the environment. */
static int settle(struct run *run, enum environment_status status, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(r->store, r->environment->name, &row, err) < 0)
		return -1;
	return store_environment_settled(r->store, &row, status,
		run->summary->is_complete ? patchset_digest(r->set) : NULL, r->actor, err);
}

/* Only while the lock is ours: who took it over, because a clock was wrong, drives this very rollout. */
static int end_rollout(struct run *run, struct error *err)
{
	struct ending ending;

	sum_up(run);
	if (store_begin(run->request->store, err) < 0)
		return -1;
	if (holding_renew(run->lock, err) < 0 || find_ending(run, &ending, err) < 0 ||
		run_move(run, ROLLOUT_RUNNING, ending.state, run->summary->stop_reason, err) < 0 ||
		settle(run, ending.status, err) < 0) {
		store_rollback(run->request->store);
		return -1;
	}
	return store_commit(run->request->store, err);
}

/* From here on the environment is rolling, whatever happens to this program. */
static int mark_rolling(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(r->store, r->environment->name, &row, err) < 0)
		return -1;
	run->was_clean = row.status == ENVIRONMENT_CLEAN;
	return store_environment_rolling(r->store, &row, run->id, r->actor, err);
}

static int run_locked(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;

	if (stock_new(r->config->state, r->set, &run->stock, err) < 0 ||
		aftermath_clear(run->request, err) < 0 ||
		roster_make(run->request, &run->roster, err) < 0 || run_begin(run, err) < 0 ||
		mark_rolling(run, err) < 0 || run_waves(run, err) < 0)
		return -1;
	return end_rollout(run, err);
}

int rollout_run(
	const struct rollout_request *request, struct rollout_summary *summary, struct error *err)
{
	struct rollout_summary ended = { 0 };
	CLEANUP(run_done) struct run run = { .request = request, .summary = &ended };

	pthread_mutex_init(&run.watch, NULL);
	if (take_lock(&run, err) < 0 || run_locked(&run, err) < 0 ||
		holding_release(STEAL(&run.lock), err) < 0)
		return -1;
	*summary = ended;
	return 0;
}

int rollout_preview(const struct rollout_request *request, struct roster **out, struct error *err)
{
	return roster_make(request, out, err);
}
