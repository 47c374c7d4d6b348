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
#include "rollout/host_run.h"
#include "rollout/run_private.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"
#include "rollout/way_back_choose.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- waves ---- */

static int settle_early(struct run *run, const struct rollout_target *m, struct error *err)
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
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		if (m->verdict != HOST_WAITING && !m->is_settled && settle_early(run, m, err) < 0)
			return -1;
	}
	return 0;
}

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

bool run_is_over_budget(struct run *run, size_t wave)
{
	struct budget_facts facts;

	count_failures(run, run_group(run, wave), wave, &facts);
	return budget_is_exceeded(
		&facts, run->summary->stop_reason, sizeof run->summary->stop_reason);
}

/* Wave after wave until the last, or until a failure budget says stop. */
static int run_waves(struct run *run, struct error *err)
{
	if (run->is_held)
		return auto_rollback_resume(run, err);
	if (settle_known(run, err) < 0)
		return -1;
	for (size_t wave = 1; wave <= targets_wave_count(run->targets); wave++) {
		const struct group *group = run_group(run, wave);
		bool is_over = false;

		if (!group)
			continue;
		if (run_wave(run, wave, DIRECTION_FORWARD, err) < 0 ||
			auto_rollback(run, wave, &is_over, err) < 0)
			return -1;
		if (is_over)
			return 0;
		if (run_is_over_budget(run, wave))
			return 0;
	}
	return 0;
}

static int run_leased(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	struct error ignored = { 0 };

	if (set_files_new(r->config->state, r->set, &run->set_files, err) < 0 ||
		targets_new(run->request, &run->targets, err) < 0 || run_begin(run, err) < 0 ||
		ways_back_choose(run, err) < 0 || run_mark_rolling(run, err) < 0 ||
		run_waves(run, err) < 0 || run_end(run, err) < 0)
		return -1;
	/* While nobody else can begin to go back to one of them. Dropped by the next that goes well, when it fails now. */
	if (run->summary->is_complete)
		(void)!snapshots_forget(r, run->id, &ignored);
	return 0;
}

int rollout_run(
	const struct rollout_request *request, struct rollout_summary *summary, struct error *err)
{
	struct rollout_summary ended = { 0 };
	CLEANUP(run_done) struct run run = { 0 };
	CLEANUP(free)
	char *what = mem_printf(
		"patchline promote %s --to %s", request->candidate, request->environment->name);

	if (run_open(&run, request, what, &ended, err) < 0 || run_leased(&run, err) < 0 ||
		lease_release(&run.lease, err) < 0)
		return -1;
	*summary = ended;
	return 0;
}

int rollout_preview(const struct rollout_request *request, struct targets **out, struct error *err)
{
	return targets_make(request, out, err);
}
