/* SPDX-License-Identifier: Apache-2.0 */
#include "swap/swap.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"
#include "rehearse/cloning.h"
#include "store/candidate.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/rehearsal.h"
#include "store/store.h"
#include "swap/swap_private.h"

#include <stdio.h>
#include <string.h>

static void swap_done_p(struct swap *s)
{
	clone_close(s->clone);
	lease_free(s->clone_lease);
	lease_free(s->original_lease);
	swap_mark_done(&s->mark);
	clone_action_rows_done(&s->journal);
}

/* ---- over ---- */

static int act_mark(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	(void)c;
	(void)err;
	trace->details = swap_mark_json(context);
	return 0;
}

/* Every host of the mark must still be configured: its address is needed to go over or back. */
static int mark_check_hosts(const struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;

	for (size_t i = 0; i < s->mark.batches.count; i++) {
		for (const char **host = s->mark.batches.items[i].hosts; *host; host++) {
			if (!environment_find_host(s->original, *host, NULL))
				return error_set(err, ERR_REFUSED,
					"%s is in the swap of '%s' and no longer in '%s' of %s: put it back "
					"there, and 'patchline resume %s' goes on",
					*host, r->clone->name, s->original->name, r->config->path,
					r->clone->name);
		}
	}
	return 0;
}

static int find_mark(struct swap *s, struct error *err)
{
	swap_mark_done(&s->mark);
	if (swap_mark_find(s->request->store, s->request->clone->name, SWAP_MARK, &s->mark, err) <
		0)
		return -1;
	if (!s->mark.seq)
		return error_set(err, ERR_CORRUPT, "the journal of '%s' has no beginning of a swap",
			s->request->clone->name);
	if (mark_check_hosts(s, err) < 0)
		return -1;
	return swap_read_journal(s, err);
}

static int mark_mixed(struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(r->store, s->original->name, &row, err) < 0)
		return -1;
	return store_environment_settled(r->store, &row, ENVIRONMENT_MIXED, NULL, r->actor, err);
}

/* Move the clone, and mark the original as mixed, in one transaction. */
static int leave_rest(struct swap *s, enum clone_state to, const char *reason, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = s->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || mark_mixed(s, err) < 0 ||
		clone_move(s->clone, to, reason, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int tell_end(struct swap *s, const char *kind, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	struct jvalue *groups = jvalue_array();
	struct event_draft event = { r->actor, kind, SUBJECT_ENVIRONMENT, s->original->name,
		payload };

	for (const char **group = s->mark.groups; *group; group++)
		jvalue_add_string(groups, *group);
	jvalue_set_string(payload, "clone", r->clone->name);
	jvalue_set_string(payload, "candidate", clone_row_of(s->clone)->candidate);
	jvalue_set(payload, "groups", groups);
	jvalue_set_integer(payload, "hosts", (int64_t)s->summary.hosts);
	jvalue_set_integer(payload, "downtime_ms", s->summary.downtime_ms);
	jvalue_set_integer(payload, "longest_ms", s->summary.longest_ms);
	jvalue_set_string(payload, "reason", s->summary.reason);
	return store_event_add(r->store, &event, err);
}

static int count_hosts(struct swap *s, struct error *err)
{
	s->summary.hosts = 0;
	for (size_t i = 0; i < s->mark.batches.count; i++)
		s->summary.hosts += s->mark.batches.items[i].count;
	return swap_read_journal(s, err);
}

/* Write down state, rehearsal and event in one transaction. */
static int swap_end(struct swap *s, enum clone_state to, const char *kind, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	const struct rehearsal_change entered = { .to = REHEARSAL_ENTERED };
	const struct swap_request *r = s->request;

	if (transaction_begin(&transaction, r->store, err) < 0 ||
		clone_move(s->clone, to, s->summary.reason, err) < 0 ||
		(to == CLONE_SWAPPED && store_rehearsal_end(r->store, r->clone->name, &entered,
						r->actor, err) < 0) ||
		tell_end(s, kind, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int go_over(struct swap *s, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };

	for (size_t i = 0; i < s->mark.batches.count; i++) {
		if (swap_batch_over(s, i, s->mark.seq, err) < 0)
			return -1;
	}
	if (store_candidate_find(
		    s->request->store, clone_row_of(s->clone)->candidate, &candidate, err) < 0 ||
		swap_settle(s, candidate.set, err) < 0)
		return -1;
	return swap_test(s, s->mark.seq, err);
}

/* ---- back ---- */

static int begin_return(struct swap *s, const char *reason, bool is_asked, struct error *err)
{
	struct swap_mark mark = { .groups = s->mark.groups,
		.status = s->mark.status,
		.set = s->mark.set,
		.reason = (char *)(uintptr_t)reason,
		.is_asked = is_asked };

	if (clone_do(s->clone, RETURN_MARK, "", act_mark, &mark, err) < 0)
		return -1;
	return leave_rest(s, CLONE_RETURNING, reason, err);
}

/* The environment is what it was before, if its hosts agree. */
static int settle_back(struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (s->mark.status == ENVIRONMENT_CLEAN)
		return swap_settle(s, s->mark.set, err);
	if (store_environment_find(r->store, s->original->name, &row, err) < 0)
		return -1;
	return store_environment_settled(r->store, &row, s->mark.status, NULL, r->actor, err);
}

static int note_reason(const struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	if (store_clone_find(r->store, r->clone->name, &row, err) < 0)
		return -1;

	const struct clone_change change = { .to = row.state, .reason = s->summary.reason };

	return store_clone_change(r->store, &row, &change, r->actor, err);
}

/* Start the clone again, for people to look at; a clone that does not start stays stopped. */
static int show_again(struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	const struct cloning cloning = {
		.config = r->config,
		.store = r->store,
		.environment = s->original,
		.actor = r->actor,
		.watch.clone = r->watch.clone,
	};
	int64_t number = clone_row_of(s->clone)->number;
	struct error ignored = { 0 };

	if (lease_release(&s->clone_lease, err) < 0)
		return -1;
	if (cloning_start(&cloning, number, &ignored) < 0)
		return 0;
	return note_reason(s, err);
}

/* Put back every original that was touched since the swap began, the last batch first. */
static int go_back(struct swap *s, struct error *err)
{
	CLEANUP(swap_mark_done) struct swap_mark back = { 0 };

	if (swap_mark_find(s->request->store, s->request->clone->name, RETURN_MARK, &back, err) <
			0 ||
		count_hosts(s, err) < 0)
		return -1;
	snprintf(s->summary.reason, sizeof s->summary.reason, "%s",
		back.is_asked ? "" : back.reason);
	for (size_t i = s->mark.batches.count; i > 0; i--) {
		if (swap_is_touched(s, i - 1, s->mark.seq) &&
			swap_batch_back(s, i - 1, back.seq, err) < 0)
			return error_wrap(err,
				"putting back the originals of '%s': 'patchline resume %s' tries "
				"again",
				s->original->name, s->request->clone->name);
	}
	if (settle_back(s, err) < 0 || swap_read_journal(s, err) < 0)
		return -1;
	swap_measure(s, back.is_asked ? back.seq : s->mark.seq);
	if (swap_end(s, CLONE_STOPPED, "environment.returned", err) < 0)
		return -1;
	return back.is_asked ? 0 : show_again(s, err);
}

/* Tell why the swap failed, and put the originals back. */
static int turn_round(struct swap *s, struct error *err)
{
	const struct swap_watch *watch = &s->request->watch;
	const struct error cause = *err;

	if (watch->on_return)
		watch->on_return(watch->context, cause.text);
	if (begin_return(s, cause.text, false, err) < 0)
		return -1;
	return go_back(s, err);
}

static int go_on(struct swap *s, struct error *err)
{
	if (find_mark(s, err) < 0)
		return -1;
	if (go_over(s, err) < 0)
		return turn_round(s, err);
	if (count_hosts(s, err) < 0)
		return -1;
	swap_measure(s, s->mark.seq);
	s->summary.is_swapped = true;
	return swap_end(s, CLONE_SWAPPED, "environment.swapped", err);
}

/*
 * The clone stops while the originals still serve. Its state is written first: a program that dies meanwhile leaves a
 * clone that is stopped once more, not one that is recorded as running and does not answer.
 */
static int set_off(struct swap *s, struct error *err)
{
	if (clone_row_of(s->clone)->state == CLONE_RUNNING &&
		clone_move(s->clone, CLONE_STOPPED, "about to be swapped in", err) < 0)
		return -1;
	if (clone_stop(s->clone, err) < 0)
		return -1;
	if (clone_do(s->clone, SWAP_MARK, "", act_mark, &s->mark, err) < 0)
		return -1;
	return leave_rest(s, CLONE_SWAPPING, "", err);
}

/* ---- the verbs ---- */

int swap_run(const struct swap_request *request, struct swap_summary *out, struct error *err)
{
	CLEANUP(swap_done) struct swap s = { .request = request };

	if (swap_begin(&s, "promote --swap", err) < 0 || swap_admit(&s, request->actor, err) < 0 ||
		swap_ask(&s, false, err) < 0 || set_off(&s, err) < 0 || go_on(&s, err) < 0)
		return -1;
	*out = s.summary;
	return 0;
}

/* Only the last swap can be taken back: the systems in those places are its own. */
static int admit_back(struct swap *s, struct error *err)
{
	CLEANUP(free) char *last = NULL;
	const char *name = s->request->clone->name;

	if (clone_row_of(s->clone)->state != CLONE_SWAPPED)
		return error_set(err, ERR_REFUSED, "'%s' is %s, not swapped in", name,
			clone_state_name(clone_row_of(s->clone)->state));
	if (swap_last(s->request->store, s->original->name, &last, err) < 0)
		return -1;
	if (!str_equal(last, name))
		return error_set(err, ERR_REFUSED,
			"'%s' was swapped in after '%s': put that one back first", last, name);
	return find_mark(s, err);
}

int swap_back(const struct swap_request *request, struct swap_summary *out, struct error *err)
{
	CLEANUP(swap_done) struct swap s = { .request = request };

	if (swap_begin(&s, "rollback", err) < 0 || admit_back(&s, err) < 0 ||
		swap_ask(&s, true, err) < 0 || begin_return(&s, "asked for", true, err) < 0 ||
		go_back(&s, err) < 0)
		return -1;
	*out = s.summary;
	return 0;
}

static int diff_preview(
	const struct swap_request *request, bool is_back, struct swap_diff *out, struct error *err)
{
	CLEANUP(swap_done) struct swap s = { .request = request };
	CLEANUP(swap_diff_done) struct swap_diff swap_diff = { 0 };
	const char *what = is_back ? "rollback --dry-run" : "promote --swap --dry-run";

	if (swap_begin(&s, what, err) < 0 ||
		(is_back ? admit_back(&s, err) : swap_admit(&s, NULL, err)) < 0 ||
		swap_find_diff(&s, is_back, &swap_diff, err) < 0)
		return -1;
	*out = STEAL(&swap_diff);
	return 0;
}

int swap_preview(const struct swap_request *request, struct swap_diff *out, struct error *err)
{
	return diff_preview(request, false, out, err);
}

int swap_back_preview(const struct swap_request *request, struct swap_diff *out, struct error *err)
{
	return diff_preview(request, true, out, err);
}

int swap_resume(const struct swap_request *request, struct swap_summary *out, struct error *err)
{
	CLEANUP(swap_done) struct swap s = { .request = request };

	if (swap_begin(&s, "resume", err) < 0)
		return -1;

	enum clone_state state = clone_row_of(s.clone)->state;

	if (state != CLONE_SWAPPING && state != CLONE_RETURNING)
		return error_set(err, ERR_REFUSED, "'%s' is %s: there is no swap to go on with",
			request->clone->name, clone_state_name(state));
	if (state == CLONE_SWAPPING ? go_on(&s, err) < 0
				    : find_mark(&s, err) < 0 || go_back(&s, err) < 0)
		return -1;
	*out = s.summary;
	return 0;
}

/* ---- which was last ---- */

/* *out: when the systems of the clone came in; 0: never. */
static int swapped_at(struct store *store, const char *clone, int64_t *out, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };

	if (store_clone_actions(store, clone, &rows, err) < 0)
		return -1;
	*out = 0;
	for (size_t i = 0; i < rows.count; i++) {
		if (str_equal(rows.items[i].action, SWAP_MARK))
			*out = rows.items[i].ended_at;
	}
	return 0;
}

int swap_last(struct store *store, const char *environment, char **out, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };
	const char *last = NULL;
	int64_t newest = -1;

	if (store_clones(store, environment, false, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		int64_t at = 0;

		if (rows.items[i].state != CLONE_SWAPPED)
			continue;
		if (swapped_at(store, rows.items[i].name, &at, err) < 0)
			return -1;
		if (at > newest) {
			newest = at;
			last = rows.items[i].name;
		}
	}
	*out = mem_strdup(last);
	return 0;
}
