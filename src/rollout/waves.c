/* SPDX-License-Identifier: Apache-2.0 */
/* waves.c - wave after wave, there or back; the hosts of one side by side; declared in run_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/workers.h"
#include "model/config.h"
#include "model/rollout_policy.h"
#include "policy/budget.h"
#include "rollout/host_run.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"

#include <semaphore.h>
#include <stdlib.h>

/* ---- one wave ---- */

/* Hosts that are walked together; each leaves its own error. */
struct running {
	struct host_run_shared shared;
	struct rollout_target *const *list;
	struct error *errors;
};

static void host_run_one(void *context, size_t index)
{
	struct running *w = context;

	if (host_run_drive(&w->shared, w->list[index], &w->errors[index]) == 0)
		w->errors[index].kind = ERR_NONE;
}

static struct host_run_shared share(struct run *run, size_t hosts)
{
	const struct rollout_request *r = run->request;

	return (struct host_run_shared){
		.run = run,
		.request = r,
		.targets = run->targets,
		.rollout = run->id,
		.lease = run->lease,
		.watch = &run->watch,
		.is_held = run->is_held,
		.side_by_side = hosts < r->config->ssh.parallel ? hosts : r->config->ssh.parallel,
		.set_files = run->set_files,
	};
}

static int run_hosts(struct run *run, struct rollout_target *const *list, size_t count,
	enum direction direction, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free) struct error *errors = mem_new(count, sizeof *errors);
	struct running w = { share(run, count), list, errors };
	sem_t reboots;

	if (!count)
		return 0;
	w.shared.direction = direction;
	w.shared.reboots = &reboots;
	if (r->watch.on_wave)
		r->watch.on_wave(
			r->watch.context, list[0]->place.group->name, list[0]->wave, count);
	sem_init(&reboots, 0, list[0]->place.group->reboot_at_once);
	workers_run(count, r->config->ssh.parallel, host_run_one, &w);
	sem_destroy(&reboots);
	for (size_t i = 0; i < count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}

int run_wave(struct run *run, size_t wave, enum direction direction, run_choice *choose,
	const void *context, struct error *err)
{
	size_t most = targets_count(run->targets), count = 0;
	CLEANUP(free) struct rollout_target **list = mem_new(most, sizeof(struct rollout_target *));

	for (size_t i = 0; i < most; i++) {
		struct rollout_target *m = targets_at(run->targets, i);
		int is_chosen = m->wave == wave ? choose(run, m, context, err) : 0;

		if (is_chosen < 0)
			return -1;
		if (is_chosen)
			list[count++] = m;
	}
	return run_hosts(run, list, count, direction, err);
}

/* ---- failure budgets ---- */

/* One that is back, well or not, does not keep others from going back. */
static void count_target(
	const struct run *run, struct tally *t, const struct rollout_target *m, size_t wave)
{
	bool is_there = run->direction == DIRECTION_BACK && host_verdict_is_back(m->verdict);

	t->hosts++;
	t->of[is_there ? FAILURE_NONE : m->failure] += m->wave <= wave;
}

/*
 * How hosts stand after a wave. One that is known not to be ready, in a wave to come, does not stop the waves
 * before it.
 */
static void count_failures(
	const struct run *run, const struct group *group, size_t wave, struct budget_facts *out)
{
	*out = (struct budget_facts){ .all_budget = &run->policy->failure_budget, .group = group };
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		count_target(run, &out->all, m, wave);
		if (m->place.group == group)
			count_target(run, &out->in_group, m, wave);
		if (m->wave == wave)
			count_target(run, &out->wave, m, wave);
	}
}

const struct group *run_group(const struct run *run, size_t wave)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		if (targets_at(run->targets, i)->wave == wave)
			return targets_at(run->targets, i)->place.group;
	}
	return NULL;
}

static bool is_over_budget(struct run *run, size_t wave)
{
	struct budget_facts facts;

	count_failures(run, run_group(run, wave), wave, &facts);
	return budget_is_exceeded(
		&facts, run->summary->stop_reason, sizeof run->summary->stop_reason);
}

/* ---- wave after wave ---- */

/* Hosts of the wave to come get their packages while the one before it is walked. */
struct ahead {
	struct host_run_shared shared;
	struct rollout_target **list; /* owned list */
	struct workers *workers;      /* owned */
};

static void ahead_done(struct ahead *a)
{
	workers_end(STEAL(&a->workers));
	free(STEAL(&a->list));
}
CLEANUP_DONE(struct ahead, ahead_done)

static void stage_one(void *context, size_t index)
{
	struct ahead *a = context;

	host_run_stage_ahead(&a->shared, a->list[index]);
}

static size_t count_waiting(const struct run *run, size_t wave)
{
	size_t count = 0;

	for (size_t i = 0; i < targets_count(run->targets); i++)
		count += targets_at(run->targets, i)->wave == wave &&
			 targets_at(run->targets, i)->verdict == HOST_WAITING;
	return count;
}

/* By as many connections as the hosts of this wave leave. */
static void ahead_begin(struct ahead *a, struct run *run, size_t wave)
{
	size_t most = targets_count(run->targets), count = 0;
	size_t busy = count_waiting(run, wave), parallel = run->request->config->ssh.parallel;

	ahead_done(a);
	if (busy >= parallel)
		return;
	a->shared = share(run, most);
	a->list = mem_new(most + 1, sizeof(struct rollout_target *));
	for (size_t i = 0; i < most; i++) {
		struct rollout_target *m = targets_at(run->targets, i);

		if (m->wave == wave + 1 && m->verdict == HOST_WAITING)
			a->list[count++] = m;
	}
	if (count)
		a->workers = workers_begin(count, parallel - busy, stage_one, a);
}

static int choose_waiting(
	struct run *run, struct rollout_target *m, const void *context, struct error *err)
{
	(void)run, (void)context, (void)err;
	return m->verdict == HOST_WAITING;
}

int run_waves(struct run *run, struct error *err)
{
	CLEANUP(ahead_done) struct ahead ahead = { 0 };
	bool is_there = run->direction == DIRECTION_FORWARD, is_over = false;

	for (size_t wave = 1; !is_over && wave <= targets_wave_count(run->targets); wave++) {
		if (!run_group(run, wave))
			continue;
		if (is_there)
			ahead_begin(&ahead, run, wave);
		if (run_wave(run, wave, run->direction, choose_waiting, NULL, err) < 0 ||
			(is_there && auto_rollback(run, wave, &is_over, err) < 0))
			return -1;
		is_over = is_over || is_over_budget(run, wave);
	}
	return 0;
}
