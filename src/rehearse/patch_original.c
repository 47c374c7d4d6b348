/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/patch_original.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/original.h"
#include "content/setfile.h"
#include "fleet/environment_scan.h"
#include "gate/admission.h"
#include "gate/hold.h"
#include "model/config.h"
#include "model/patchset.h"
#include "promote/promote.h"
#include "promote/wavetests.h"
#include "rehearse/stale.h"
#include "rollout/targets.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/rehearsal.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdbool.h>
#include <string.h>

/* A clone on its way into its original, while the program lives. */
struct original_patching {
	const struct promotion *promotion;
	const struct environment *clone;
	struct clone_row row;
	struct candidate_row candidate;
	struct patchset *set;
};

static void original_patching_done_p(struct original_patching *e)
{
	clone_row_done(&e->row);
	candidate_row_done(&e->candidate);
	patchset_free(e->set);
}

/* ---- may it? ---- */

static int read_clone(struct original_patching *e, struct error *err)
{
	const struct promotion *p = e->promotion;

	if (store_clone_find(p->store, e->clone->name, &e->row, err) < 0)
		return -1;
	if (!e->row.candidate)
		return error_set(err, ERR_REFUSED,
			"nothing was tried in '%s': 'patchline promote CANDIDATE --to %s' does it",
			e->clone->name, e->clone->name);
	if (!clone_state_may_become(e->row.state, CLONE_ENTERING) &&
		e->row.state != CLONE_ENTERING && e->row.state != CLONE_SWAPPED)
		return error_set(err, ERR_REFUSED,
			"'%s' is %s: only what runs, or ran and was stopped, can enter",
			e->clone->name, clone_state_name(e->row.state));
	if (store_candidate_find(p->store, e->row.candidate, &e->candidate, err) < 0)
		return -1;
	return setfile_open(p->config->state, e->candidate.set, &e->set, err);
}

/* A clone that entered before may prove its equality again while the original has its set. */
static int check_entered(const struct original_patching *e, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	const struct promotion *p = e->promotion;

	if (store_environment_find(p->store, p->environment->name, &now, err) < 0)
		return -1;
	if (str_equal(now.set, e->candidate.set))
		return 0;
	return error_set(err, ERR_REFUSED, "'%s' has entered '%s', which has another set by now",
		e->clone->name, p->environment->name);
}

/* *out: the rollout to the groups that a swap left out is under way. */
static int rollout_is_under_way(const struct original_patching *e, bool *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	const struct promotion *p = e->promotion;

	*out = false;
	if (e->row.state != CLONE_SWAPPED)
		return 0;
	if (store_rollout_unfinished(p->store, p->environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*out = str_equal(row.candidate, e->candidate.id);
	return 0;
}

/*
 * An original whose patching has begun was asked before, and is not asked again.
 * leaves_trace: a refusal is written into the audit record.
 */
static int may_enter(const struct original_patching *e, bool leaves_trace, struct error *err)
{
	const struct promotion *p = e->promotion;
	bool is_begun = false;

	if (hold_check(p->store, p->environment, err) < 0)
		return -1;
	if (e->row.state == CLONE_ENTERING)
		return 0;
	if (e->row.state == CLONE_ENTERED)
		return check_entered(e, err);
	if (rollout_is_under_way(e, &is_begun, err) < 0)
		return -1;
	if (is_begun)
		return 0;

	const struct admission asked = { p->config, p->store, e->candidate.id, p->environment,
		e->clone };

	if (admission_check(&asked, leaves_trace ? p->actor : NULL, err) < 0)
		return -1;
	return stale_check(p->config, p->store, e->clone, p->actor, leaves_trace, err);
}

/* ---- the journal of it: the clone's state, the rehearsal's, and the proof ---- */

static int move_clone(
	struct original_patching *e, enum clone_state to, const char *reason, struct error *err)
{
	const struct promotion *p = e->promotion;
	struct clone_change change = { .to = to, .reason = reason };
	CLEANUP(clone_row_done) struct clone_row moved = { 0 };

	/* A clone that is swapped in keeps that state: its originals are kept, and may return. */
	if (e->row.state == to || e->row.state == CLONE_SWAPPED)
		return 0;
	if (store_clone_change(p->store, &e->row, &change, p->actor, err) < 0 ||
		store_clone_find(p->store, e->clone->name, &moved, err) < 0)
		return -1;
	clone_row_done(&e->row);
	e->row = STEAL(&moved);
	return 0;
}

static int tell_proof(const struct original_patching *e, const struct equality *proof,
	int64_t rollout, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = equality_json(proof);
	const struct promotion *p = e->promotion;
	struct event_draft event = { p->actor, proof->count ? "entry.differs" : "entry.equal",
		SUBJECT_CLONE, e->clone->name, payload };

	jvalue_set_string(payload, "candidate", e->candidate.id);
	jvalue_set_string(payload, "environment", p->environment->name);
	jvalue_set_integer(payload, "rollout", rollout);
	return store_event_add(p->store, &event, err);
}

/* Write down proof, clone and rehearsal in one transaction. */
static int record_end(struct original_patching *e, const struct equality *proof, int64_t rollout,
	struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	const struct rehearsal_change end = { .to = REHEARSAL_ENTERED };
	const struct promotion *p = e->promotion;
	CLEANUP(free)
	char *reason =
		proof->count ? mem_printf("differs from its original in %zu packages", proof->count)
			     : mem_strdup("equal to its original");

	if (transaction_begin(&transaction, p->store, err) < 0 ||
		tell_proof(e, proof, rollout, err) < 0 ||
		store_rehearsal_end(p->store, e->clone->name, &end, p->actor, err) < 0 ||
		move_clone(e, CLONE_ENTERED, reason, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* ---- entering ---- */

/* Scan the original and compare its packages with the clone's. */
static int original_prove(
	const struct original_patching *e, struct equality *out, struct error *err)
{
	const struct promotion *p = e->promotion;
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	struct environment_scan_options options = {
		.config = p->config,
		.environment = p->environment,
		.actor = p->actor,
	};

	if (environment_scan_take(p->store, &options, &scan, err) < 0)
		return -1;
	return equality_find(p->store, e->clone, out, err);
}

/* Sum up a rollout that came to its end, from the rows of its hosts. */
static int rollout_recall(const struct original_patching *e, int64_t rollout,
	struct rollout_summary *out, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };
	struct rollout_summary sum = { .id = rollout, .is_complete = true };

	if (store_rollout_hosts(e->promotion->store, rollout, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct rollout_host_row *row = &rows.items[i];
		CLEANUP(jvalue_free) struct jvalue *plan = NULL;

		sum.verdicts[row->verdict]++;
		if (row->verdict != HOST_DONE)
			continue;
		if (jvalue_parse(row->plan, strlen(row->plan), &plan, err) < 0)
			return -1;
		sum.package_count += jvalue_count(plan);
	}
	*out = sum;
	return 0;
}

/* Roll the set out on the original; a rollout that came to its end before a kill is not run again. */
static int original_roll_out(const struct original_patching *e, bool goes_on,
	struct rollout_summary *out, struct error *err)
{
	const struct promotion *p = e->promotion;
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	struct rollout_request request = promotion_request(e->promotion, e->candidate.id, e->set);

	if (store_environment_find(p->store, p->environment->name, &now, err) < 0)
		return -1;
	if (goes_on && now.rollout && str_equal(now.candidate, e->candidate.id))
		return rollout_recall(e, now.rollout, out, err);
	return rollout_run(&request, out, err);
}

static int original_enter(struct original_patching *e, struct rollout_summary *summary,
	struct equality *out, struct error *err)
{
	CLEANUP(equality_done) struct equality proof = { 0 };
	struct rollout_summary ended;
	bool goes_on = false;

	if (read_clone(e, err) < 0 || may_enter(e, true, err) < 0)
		return -1;
	goes_on = e->row.state == CLONE_ENTERING;
	if (move_clone(e, CLONE_ENTERING, NULL, err) < 0 ||
		original_roll_out(e, goes_on, &ended, err) < 0)
		return -1;
	if (ended.is_complete &&
		(original_prove(e, &proof, err) < 0 || record_end(e, &proof, ended.id, err) < 0))
		return error_wrap(err, "the rollout is done; proving it");
	*summary = ended;
	*out = STEAL(&proof);
	return 0;
}

int patch_original_run(const struct promotion *p, const struct environment *clone,
	struct rollout_summary *summary, struct equality *out, struct error *err)
{
	CLEANUP(original_patching_done)
	struct original_patching e = { .promotion = p, .clone = clone };
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(free)
	char *what = mem_printf("patchline promote %s --patch-original", clone->name);

	if (lease_take(p->store, clone->name, what, p->actor, &lease, err) < 0)
		return -1;
	return original_enter(&e, summary, out, err);
}

int patch_original_preview(const struct promotion *p, const struct environment *clone,
	struct targets **out, struct error *err)
{
	CLEANUP(original_patching_done)
	struct original_patching e = { .promotion = p, .clone = clone };

	if (read_clone(&e, err) < 0 || may_enter(&e, false, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(e.promotion, e.candidate.id, e.set);

	return rollout_preview(&request, out, err);
}
