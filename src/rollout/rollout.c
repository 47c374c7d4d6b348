/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/rollout.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/config.h"
#include "rollout/run_private.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"
#include "rollout/way_back_choose.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdlib.h>

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

static int run_there(struct run *run, struct error *err)
{
	if (run->is_held)
		return auto_rollback_resume(run, err);
	return settle_known(run, err) < 0 ? -1 : run_waves(run, err);
}

static int run_leased(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	struct error ignored = { 0 };

	if (set_files_new(r->config->state, r->set, &run->set_files, err) < 0 ||
		targets_new(run->request, &run->targets, err) < 0 || run_begin(run, err) < 0 ||
		ways_back_begin(run, err) < 0 || run_mark_rolling(run, err) < 0 ||
		run_there(run, err) < 0)
		return -1;
	ways_back_end(STEAL(&run->ways_back));
	if (run_end(run, err) < 0)
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
