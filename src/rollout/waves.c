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

static void run_one(void *context, size_t index)
{
	struct running *w = context;

	if (host_run_drive(&w->shared, w->list[index], &w->errors[index]) == 0)
		w->errors[index].kind = ERR_NONE;
}

static int run_hosts(struct run *run, struct rollout_target *const *list, size_t count,
	enum direction direction, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free) struct error *errors = mem_new(count, sizeof *errors);
	size_t parallel = r->config->ssh.parallel;
	sem_t reboots;
	struct running w = {
		.shared = {
			.run = run,
			.request = r,
			.targets = run->targets,
			.rollout = run->id,
			.lease = run->lease,
			.watch = &run->watch,
			.direction = direction,
			.is_held = run->is_held,
			.side_by_side = count < parallel ? count : parallel,
			.reboots = &reboots,
			.set_files = run->set_files,
		},
		.list = list,
		.errors = errors,
	};

	if (!count)
		return 0;
	if (r->watch.on_wave)
		r->watch.on_wave(
			r->watch.context, list[0]->place.group->name, list[0]->wave, count);
	sem_init(&reboots, 0, list[0]->place.group->reboot_at_once);
	workers_run(count, parallel, run_one, &w);
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

static void count_target(struct tally *t, const struct rollout_target *m, size_t wave)
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
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		count_target(&out->all, m, wave);
		if (m->place.group == group)
			count_target(&out->in_group, m, wave);
		if (m->wave == wave)
			count_target(&out->wave, m, wave);
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

static int choose_waiting(
	struct run *run, struct rollout_target *m, const void *context, struct error *err)
{
	(void)run, (void)context, (void)err;
	return m->verdict == HOST_WAITING;
}

int run_waves(struct run *run, struct error *err)
{
	bool is_over = false;

	for (size_t wave = 1; !is_over && wave <= targets_wave_count(run->targets); wave++) {
		if (!run_group(run, wave))
			continue;
		if (run_wave(run, wave, run->direction, choose_waiting, NULL, err) < 0)
			return -1;
		if (run->direction == DIRECTION_FORWARD &&
			auto_rollback(run, wave, &is_over, err) < 0)
			return -1;
		is_over = is_over || is_over_budget(run, wave);
	}
	return 0;
}
