/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/topology_read.h"
#include "model/config.h"
#include "promote/promote.h"
#include "rehearse/rehearsal_private.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/lease.h"

#include <stdio.h>

#define PATCHED "patched" /* the provider's snapshot of the patched, untested clone */

/* ---- the clone ---- */

static int note_clone(struct rehearsing *r, const char *name, struct error *err)
{
	if (str_equal(r->row.clone, name))
		return 0;
	return rehearsal_change_row(
		r, (struct rehearsal_change){ .to = r->row.state, .clone = name }, err);
}

static struct cloning cloning_of(const struct rehearsing *r)
{
	return (struct cloning){
		.config = r->request->config,
		.store = r->request->store,
		.environment = r->environment,
		.actor = r->request->actor,
		.watch = r->request->watch.cloning,
	};
}

/* *out: the clone was begun after the rehearsal, nobody works on it, and it has had no candidate. */
static int is_unclaimed(
	const struct rehearsing *r, const struct clone_row *row, bool *out, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row owner = { 0 };
	bool is_held = false;

	*out = false;
	if (row->created_at < r->row.started_at || row->candidate || row->state > CLONE_RUNNING)
		return 0;
	if (store_rehearsal_of_clone(r->request->store, row->name, &owner, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND ||
		lease_is_held(r->request->store, row->name, &is_held, err) < 0)
		return -1;
	*out = !is_held;
	return 0;
}

/* Note the clone that a program left which was killed, or failed, while it cloned. */
static int adopt_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };

	if (r->row.clone)
		return 0;
	if (store_clones(r->request->store, r->environment->name, false, &rows, err) < 0)
		return -1;
	for (size_t i = rows.count; i-- > 0;) {
		bool is_free = false;

		if (is_unclaimed(r, &rows.items[i], &is_free, err) < 0)
			return -1;
		if (is_free)
			return note_clone(r, rows.items[i].name, err);
	}
	return 0;
}

static int make_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct cloning cloning = cloning_of(r);
	struct error ignored = { 0 };

	if (cloning_run(&cloning, &row, err) < 0) {
		/* The row names the clone that failed, so that a person can look at the clone and remove it. */
		if (adopt_clone(r, &ignored) < 0)
			return error_wrap(err, "cloning '%s'", r->environment->name);
		return -1;
	}
	return note_clone(r, row.name, err);
}

/* Bring a clone that is there to where it can be patched. */
static int wake_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(clone_row_done) struct clone_row resumed = { 0 };
	struct cloning cloning = cloning_of(r);

	if (store_clone_find(r->request->store, r->row.clone, &row, err) < 0)
		return -1;
	if (row.state == CLONE_RUNNING)
		return 0;
	if (row.state == CLONE_MAKING || row.state == CLONE_MADE)
		return cloning_resume(&cloning, row.number, &resumed, err);
	if (row.state == CLONE_STOPPED)
		return cloning_start(&cloning, row.number, err);
	return error_set(err, ERR_REFUSED, "its clone '%s' is %s: rehearse anew", row.name,
		clone_state_name(row.state));
}

int rehearsal_clone_need(struct rehearsing *r, struct error *err)
{
	rehearsal_tell_stage(r, REHEARSE_CLONE, r->environment->name);
	if (adopt_clone(r, err) < 0 || (r->row.clone ? wake_clone(r, err) : make_clone(r, err)) < 0)
		return -1;
	topology_free(STEAL(&r->topology));
	if (topology_read(r->request->config, r->request->store, &r->topology, err) < 0)
		return -1;
	r->clone = topology_environment(r->topology, r->row.clone);
	if (!r->clone)
		return error_set(err, ERR_NOT_FOUND, "there is no clone '%s'", r->row.clone);
	return 0;
}

/* ---- patching it ---- */

/*
 * *out: the clone runs the candidate, and its rollout is not begun again. A clone that was copied with
 * the set is rolled out to all the same, so that its row and its hosts name the candidate.
 */
static int is_patched(const struct rehearsing *r, bool *out, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };

	if (store_environment_find(r->request->store, r->clone->name, &row, err) < 0 ||
		store_clone_find(r->request->store, r->clone->name, &clone, err) < 0)
		return -1;
	*out = row.status == ENVIRONMENT_CLEAN && str_equal(row.set, r->row.set) &&
	       str_equal(clone.candidate, r->row.candidate);
	return 0;
}

/* clone_act: take a snapshot of the patched clone before anybody tests it. */
static int keep_patched(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;
	struct provider_target target = clone_target(c, NULL);

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0)
		return -1;
	return provider_snapshot(session, &target, PATCHED, err);
}

static int keep_snapshot(const struct rehearsing *r, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(clone_close) struct clone *clone = NULL;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(free) char *what = mem_printf("patchline rehearse %s", r->environment->name);
	struct provider_session *session = NULL;
	struct clone_request opening = { request->config, request->store, r->environment,
		request->actor, request->watch.cloning.clone };

	if (store_clone_find(request->store, r->row.clone, &row, err) < 0 ||
		lease_take(request->store, row.name, what, request->actor, &lease, err) < 0 ||
		clone_open(&opening, row.number, &clone, err) < 0)
		return -1;
	if (clone_has_done(clone, "snapshot", PATCHED))
		return 0;
	if (clone_provider(clone, &session, err) < 0)
		return -1;
	return provider_can(session, "snapshot")
		       ? clone_do(clone, "snapshot", PATCHED, keep_patched, NULL, err)
		       : 0;
}

int rehearsal_clone_patch(struct rehearsing *r, bool *is_good, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	struct promotion p = { request->config, request->store, r->clone, request->actor,
		request->watch.rollout };
	struct rollout_summary sum = { .is_complete = true };
	bool is_done = false;

	if (is_patched(r, &is_done, err) < 0)
		return -1;
	if (!is_done) {
		rehearsal_tell_stage(r, REHEARSE_PATCH, r->clone->name);
		if (promotion_run(&p, r->row.candidate, &sum, err) < 0)
			return -1;
	}
	*is_good = sum.is_complete;
	if (!sum.is_complete)
		snprintf(r->summary.reason, sizeof r->summary.reason, "rollout-%lld on %s: %s",
			(long long)sum.id, r->clone->name, sum.stop_reason);
	return sum.is_complete ? keep_snapshot(r, err) : 0;
}
