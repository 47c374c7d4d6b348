/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/rollback.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "promote/promote.h"
#include "rollout/journal.h"
#include "rollout/rollback.h"
#include "store/candidate.h"
#include "store/environment.h"
#include "store/rollout.h"

#include <stdlib.h>

/* ---- which ---- */

/* True when some host of it is still as it made it. */
static int is_in_effect(struct store *store, int64_t id, bool *out, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };

	*out = false;
	if (store_rollout_hosts(store, id, &hosts, err) < 0)
		return -1;
	for (size_t i = 0; i < hosts.count && !*out; i++) {
		struct journal j;

		if (journal_read(store, id, hosts.items[i].host, DIRECTION_FORWARD, &j, err) < 0)
			return -1;
		*out = j.progress.now.is_changed;
	}
	return 0;
}

/* Add it when it is still in effect; *before is what undoing it comes to. */
static int consider(const struct promotion *p, int64_t rollout, struct rollback_plan *plan,
	char **before, struct error *err)
{
	enum environment_status status;
	bool counts = false;

	if (is_in_effect(p->store, rollout, &counts, err) < 0)
		return -1;
	if (!counts)
		return 0;
	plan->rollouts =
		mem_room(plan->rollouts, plan->count, &plan->capacity, sizeof *plan->rollouts);
	plan->rollouts[plan->count++] = rollout;
	free(STEAL(before));
	return store_environment_before(
		p->store, p->environment->name, rollout, &status, before, err);
}

static int rollback_refuse(const struct promotion *p, const char *set, struct error *err)
{
	if (set)
		return error_set(err, ERR_REFUSED,
			"no rollout that can be undone leads '%s' back to set %.12s",
			p->environment->name, set);
	return error_set(err, ERR_REFUSED,
		"nothing to put back: no clone is swapped in, and no rollout has changed anything in '%s' that is "
		"still changed",
		p->environment->name);
}

int rollback_plan_make(
	const struct promotion *p, const char *set, struct rollback_plan *out, struct error *err)
{
	CLEANUP(rollback_plan_done) struct rollback_plan plan = { 0 };
	CLEANUP(free) char *before = NULL;
	int64_t last = INT64_MAX;

	while (!plan.count || (set && !str_equal(before, set))) {
		CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

		if (store_rollout_to_undo(p->store, p->environment->name, last, &row, err) < 0)
			return err->kind == ERR_NOT_FOUND ? rollback_refuse(p, set, err) : -1;
		if (consider(p, row.id, &plan, &before, err) < 0)
			return -1;
		last = row.id;
	}
	*out = STEAL(&plan);
	return 0;
}

void rollback_plan_done(struct rollback_plan *plan)
{
	free(plan->rollouts);
	*plan = (struct rollback_plan){ 0 };
}

/* ---- one of them ---- */

/* What a rollout was of. */
struct origin {
	struct rollout_row row;
	struct candidate_row candidate;
	struct patchset *set;
};

static void origin_done_p(struct origin *o)
{
	rollout_row_done(&o->row);
	candidate_row_done(&o->candidate);
	patchset_free(o->set);
}

static int find_origin(
	const struct promotion *p, int64_t rollout, struct origin *o, struct error *err)
{
	if (store_rollout_find(p->store, rollout, &o->row, err) < 0 ||
		store_candidate_find(p->store, o->row.candidate, &o->candidate, err) < 0)
		return -1;
	return setfile_open(p->config->state, o->candidate.set, &o->set, err);
}

int rollback_look(
	const struct promotion *p, int64_t rollout, struct rollback_preview *out, struct error *err)
{
	CLEANUP(origin_done) struct origin o = { 0 };

	if (find_origin(p, rollout, &o, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, o.candidate.id, o.set);

	return rollback_preview_make(&request, rollout, out, err);
}

int rollback_run(const struct promotion *p, int64_t rollout, struct rollout_summary *summary,
	struct error *err)
{
	CLEANUP(origin_done) struct origin o = { 0 };

	if (find_origin(p, rollout, &o, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, o.candidate.id, o.set);

	return rollout_roll_back(&request, rollout, summary, err);
}
