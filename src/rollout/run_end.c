/* SPDX-License-Identifier: Apache-2.0 */
/* run_end.c - a run is opened, and what becomes of its rollout and environment; declared in run_private.h. */
#include "base/error.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/rollout_policy.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"
#include "rollout/way_back_choose.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

int run_open(struct run *run, const struct rollout_request *request, const char *what,
	struct rollout_summary *summary, struct error *err)
{
	run->request = request;
	run->summary = summary;
	pthread_mutex_init(&run->watch, NULL);
	return lease_take(
		request->store, request->environment->name, what, request->actor, &run->lease, err);
}

void run_done(struct run *run)
{
	if (!run->request)
		return;
	ways_back_end(run->ways_back);
	targets_free(run->targets);
	rollout_policy_free(run->policy);
	set_files_free(run->set_files);
	lease_free(run->lease);
	pthread_mutex_destroy(&run->watch);
}

/* How many are not there. */
static void tell_short(struct run *run, size_t there, size_t count)
{
	struct rollout_summary *sum = run->summary;
	size_t unwell = run->direction == DIRECTION_BACK ? sum->verdicts[HOST_UNWELL] : 0;
	size_t away = count - there - unwell;

	if (away || !unwell)
		snprintf(sum->stop_reason, sizeof sum->stop_reason, "%zu of %zu hosts are not %s",
			away, count, run->direction == DIRECTION_BACK ? "back" : "at the set");
	else
		snprintf(sum->stop_reason, sizeof sum->stop_reason,
			"%zu of %zu hosts are back, but not well", unwell, count);
}

static void run_sum_up(struct run *run)
{
	struct rollout_summary *sum = run->summary;
	size_t count = targets_count(run->targets);

	for (size_t i = 0; i < count; i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		sum->verdicts[m->verdict]++;
		sum->package_count += m->changed;
	}
	size_t there = run->direction == DIRECTION_BACK
			       ? sum->verdicts[HOST_REVERTED]
			       : sum->verdicts[HOST_DONE] + sum->verdicts[HOST_NOTHING_TO_DO];

	sum->id = run->id;
	sum->is_complete = there == count;
	if (!sum->is_complete && !*sum->stop_reason)
		tell_short(run, there, count);
}

/* True when no host can have been changed. */
static bool is_untouched(const struct run *run)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		if (m->verdict != HOST_WAITING && m->verdict != HOST_SKIPPED &&
			m->verdict != HOST_NOTHING_TO_DO)
			return false;
	}
	return true;
}

/* True when some hosts went back and no other is changed: the environment is what it was. */
static bool is_all_back(const struct run *run)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		if (!host_verdict_is_back(m->verdict) && m->was_changed)
			return false;
	}
	return run->summary->verdicts[HOST_REVERTED] + run->summary->verdicts[HOST_UNWELL];
}

/* What the rollout becomes, and its environment with it. */
struct ending {
	enum rollout_state state;
	enum environment_status status;
	bool is_back; /* to what it was before the rollout, or the undone one */
	char *set;    /* owned; that it had then; NULL for none */
};

static void ending_done_p(struct ending *e)
{
	free(e->set);
}

static int find_before(const struct run *run, struct ending *out, struct error *err)
{
	const struct rollout_request *r = run->request;
	int64_t rollout = run->direction == DIRECTION_BACK ? run->undoes : run->id;

	out->is_back = true;
	if (store_environment_before(
		    r->store, r->environment->name, rollout, &out->status, &out->set, err) < 0)
		return -1;
	if (out->status == ENVIRONMENT_ROLLING) /* one that was given up came before */
		out->status = ENVIRONMENT_MIXED;
	return 0;
}

/* Paused or cancelled by whom, when it was and did not come to its end before. */
static void tell_wish(struct run *run, const struct rollout_row *row)
{
	static const char *const some_words[WISH_COUNT] = {
		[WISH_PAUSE] = "paused",
		[WISH_CANCEL] = "cancelled",
		[WISH_ABANDON] = "cancelled",
	};

	if (some_words[row->wish])
		snprintf(run->summary->stop_reason, sizeof run->summary->stop_reason, "%s by %s",
			some_words[row->wish], row->wished_by);
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

	*out = (struct ending){ ROLLOUT_DONE, ENVIRONMENT_CLEAN, false, NULL };
	if (run->summary->is_complete)
		return run->direction == DIRECTION_BACK ? find_before(run, out, err) : 0;
	if (store_rollout_find(run->request->store, run->id, &row, err) < 0)
		return -1;
	tell_wish(run, &row);
	out->state = ends[row.wish];
	if (run->direction == DIRECTION_FORWARD && is_all_back(run))
		return find_before(run, out, err);
	if (!rollout_wish_is_final(row.wish) || !run->was_clean || !is_untouched(run))
		out->status = ENVIRONMENT_MIXED;
	return 0;
}

/* Compare-and-set against what the store says now: nobody else may have changed the environment. */
static int settle(struct run *run, const struct ending *ending, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(r->store, r->environment->name, &row, err) < 0)
		return -1;
	if (ending->is_back)
		return store_environment_returned(
			r->store, &row, ending->status, ending->set, r->actor, err);
	return store_environment_settled(r->store, &row, ending->status,
		run->summary->is_complete ? patchset_digest(r->set) : NULL, r->actor, err);
}

int run_end(struct run *run, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(ending_done) struct ending ending = { 0 };

	run_sum_up(run);
	if (transaction_begin(&transaction, run->request->store, err) < 0 ||
		find_ending(run, &ending, err) < 0 ||
		run_move(run, ROLLOUT_RUNNING, ending.state, run->summary->stop_reason, err) < 0 ||
		settle(run, &ending, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* From here on the environment is rolling, whatever happens to this program. */
int run_mark_rolling(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(r->store, r->environment->name, &row, err) < 0)
		return -1;
	run->was_clean = row.status == ENVIRONMENT_CLEAN;
	return store_environment_rolling(r->store, &row, run->id, r->actor, err);
}
