/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/due.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/sync.h"
#include "fleet/environment_scan.h"
#include "model/config.h"
#include "pending/exposure.h"
#include "rehearse/cloning.h"
#include "rehearse/timetable.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/lease.h"
#include "store/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIPPED "rehearsal.skipped"

/* All that is known of one environment before it is decided; owns what `facts` borrows. */
struct situation {
	struct due_facts facts;
	struct timetable *timetable;
	struct environment_row row;
	struct clone_rows rows;
	struct due_clone *clones;
};

static void situation_done(struct situation *s)
{
	timetable_free(s->timetable);
	environment_row_done(&s->row);
	clone_rows_done(&s->rows);
	free(s->clones);
	*s = (struct situation){ 0 };
}
CLEANUP_DONE(struct situation, situation_done)

/* True when no newer word of the same person stands before this one. */
static bool is_last_word(const struct approval_rows *words, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (str_equal(words->items[i].approver, words->items[index].approver))
			return false;
	}
	return true;
}

/* A candidate is approved when somebody's last word approves it and nobody's last word rejects it, as in a gate. */
static int ask_approved(
	struct store *store, const struct clone_row *clone, bool *out, struct error *err)
{
	CLEANUP(approval_rows_done) struct approval_rows words = { 0 };
	bool is_approved = false, is_rejected = false;

	if (clone->candidate &&
		store_approvals(store, clone->name, clone->candidate, &words, err) < 0)
		return -1;
	for (size_t i = 0; i < words.count; i++) {
		if (!is_last_word(&words, i))
			continue;
		is_approved = is_approved || words.items[i].kind == APPROVAL_APPROVE;
		is_rejected = is_rejected || words.items[i].kind == APPROVAL_REJECT;
	}
	*out = is_approved && !is_rejected;
	return 0;
}

/* The timetable knows the clones that a rehearsal made, and no others. */
static int see_clones(struct situation *s, struct store *store, struct error *err)
{
	if (store_clones(store, s->facts.environment, false, &s->rows, err) < 0)
		return -1;
	s->clones = mem_new(s->rows.count, sizeof *s->clones);
	for (size_t i = 0; i < s->rows.count; i++) {
		CLEANUP(rehearsal_row_done) struct rehearsal_row rehearsal = { 0 };
		const struct clone_row *row = &s->rows.items[i];
		struct due_clone clone = {
			.name = row->name,
			.number = row->number,
			.state = row->state,
			.expires_at = row->expires_at,
		};

		if (store_rehearsal_of_clone(store, row->name, &rehearsal, err) < 0) {
			if (err->kind != ERR_NOT_FOUND)
				return -1;
			continue;
		}
		clone.rehearsal = rehearsal.state;
		clone.origin = rehearsal.origin;
		if (ask_approved(store, row, &clone.is_approved, err) < 0)
			return -1;
		s->clones[s->facts.clone_count++] = clone;
	}
	s->facts.clones = s->clones;
	return 0;
}

/* The newest rehearsal that is running, and whether its program lives. */
static int see_running(struct situation *s, struct store *store, struct error *err)
{
	CLEANUP(rehearsal_rows_done) struct rehearsal_rows rows = { 0 };
	struct due_facts *f = &s->facts;

	if (store_rehearsals_running(store, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count && !f->unfinished; i++) {
		if (!str_equal(rows.items[i].environment, f->environment))
			continue;
		f->unfinished = rows.items[i].id;
		f->begun_by = rows.items[i].origin;
	}
	return f->unfinished ? rehearsal_is_alive(store, f->unfinished, &f->is_alive, err) : 0;
}

/* An occurrence is answered by a rehearsal, or by the reason why there was none. */
static int see_rehearsed(struct situation *s, struct store *store, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	if (store_rehearsal_newest_by(store, s->facts.environment, ORIGIN_DUE, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	s->facts.answered_at = row.started_at;
	return 0;
}

static int see_skipped(struct situation *s, struct store *store, struct error *err)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	const struct event_filter filter = {
		.subject = SUBJECT_ENVIRONMENT,
		.subject_id = s->facts.environment,
		.kind = SKIPPED,
		.limit = 1,
		.newest_first = true,
	};

	if (store_events(store, &filter, &rows, err) < 0)
		return -1;
	if (rows.count && rows.items[0].at > s->facts.answered_at)
		s->facts.answered_at = rows.items[0].at;
	return 0;
}

/* An occurrence falls out when a freeze holds its moment, or holds now. */
static void see_timetable(struct situation *s)
{
	struct due_facts *f = &s->facts;

	f->last_at = timetable_last(s->timetable, f->now);
	f->next_at = timetable_next(s->timetable, f->now);
	f->freeze = timetable_freeze(s->timetable, f->now, &f->freeze_until);
	if (!f->freeze && f->last_at)
		f->freeze = timetable_freeze(s->timetable, f->last_at, &f->freeze_until);
}

/* @param out  Released with situation_done(), also on failure. */
static int situation_read(const struct due_request *q, struct situation *out, struct error *err)
{
	situation_done(out);
	out->facts.environment = q->environment->name;
	out->facts.now = clock_now();
	if (timetable_read(&q->environment->rehearse, &out->timetable, err) < 0 ||
		store_environment_find(q->store, q->environment->name, &out->row, err) < 0 ||
		see_clones(out, q->store, err) < 0 || see_running(out, q->store, err) < 0 ||
		see_rehearsed(out, q->store, err) < 0 || see_skipped(out, q->store, err) < 0)
		return -1;
	out->facts.release = out->row.release;
	out->facts.held = out->row.held_at ? out->row.held_reason : NULL;
	see_timetable(out);
	return 0;
}

static int remove_expired(const struct due_request *q, const struct situation *s,
	struct due_told *told, struct error *err)
{
	const struct cloning cloning = {
		.config = q->config,
		.store = q->store,
		.environment = q->environment,
		.actor = q->actor,
	};
	size_t count = 0;

	told->removed = mem_new(s->facts.clone_count + 1, sizeof *told->removed);
	for (size_t i = 0; i < s->facts.clone_count; i++) {
		const struct due_clone *clone = &s->facts.clones[i];

		if (!due_may_remove(clone, s->facts.now))
			continue;
		if (cloning_remove(&cloning, clone->number, err) < 0)
			return error_wrap(err, "removing %s, which has expired", clone->name);
		told->removed[count++] = mem_strdup(clone->name);
	}
	return 0;
}

/* Sync the sources and scan the hosts; one that does not answer stays as it was last seen. */
static int refresh(const struct due_request *q, struct error *err)
{
	CLEANUP(sync_report_done) struct sync_report report = { 0 };
	CLEANUP(environment_scan_done) struct environment_scan seen = { 0 };
	const struct sync_options sync = { .actor = q->actor };
	const struct environment_scan_options scan = {
		.config = q->config,
		.environment = q->environment,
		.actor = q->actor,
	};

	if (sync_sources(q->config, q->store, &sync, &report, err) < 0 ||
		environment_scan_take(q->store, &scan, &seen, err) < 0)
		return -1;
	return exposure_note(q->config, q->store, err);
}

/* Answer the occurrence with the reason why there is no rehearsal. */
static int note_skipped(const struct due_request *q, const struct due_decision *d,
	const char *reason, struct error *err)
{
	struct jvalue *payload = jvalue_object();
	const struct event_draft event = {
		.actor = q->actor,
		.kind = SKIPPED,
		.subject = SUBJECT_ENVIRONMENT,
		.subject_id = q->environment->name,
		.payload = payload,
	};

	jvalue_set_time(payload, "occurrence", d->occurrence_at);
	jvalue_set_string(payload, "reason", reason);

	int result = store_event_add(q->store, &event, err);

	jvalue_free(payload);
	return result;
}

/* Answer the occurrence of an attempt that left no rehearsal behind, so that the next call does not try again. */
static int note_failed(const struct due_request *q, const struct due_told *told, struct error *err)
{
	CLEANUP(situation_done) struct situation s = { 0 };
	struct error noting;

	if (situation_read(q, &s, &noting) < 0 ||
		(s.facts.answered_at < told->decision.occurrence_at &&
			note_skipped(q, &told->decision, err->text, &noting) < 0))
		return error_wrap(err, "%.300s; and before", noting.text);
	return -1;
}

static struct rehearsal_request request_for(const struct due_request *q)
{
	return (struct rehearsal_request){
		.config = q->config,
		.store = q->store,
		.environment = q->environment,
		.is_security_only = q->environment->rehearse.what == REHEARSE_SECURITY,
		.origin = ORIGIN_DUE,
		.actor = q->actor,
		.watch = q->watch,
	};
}

static int rehearsal_begin(const struct due_request *q, struct due_told *told, struct error *err)
{
	const struct rehearsal_request request = request_for(q);

	if (refresh(q, err) < 0)
		return -1;
	if (rehearsal_run(&request, &told->rehearsal, err) < 0)
		return note_failed(q, told, err);
	return 0;
}

static int unfinished_go_on(const struct due_request *q, const struct situation *s,
	struct due_told *told, struct error *err)
{
	const struct rehearsal_request request = request_for(q);

	return rehearsal_resume(&request, s->facts.unfinished, &told->rehearsal, err);
}

static int decision_follow(
	const struct due_request *q, struct situation *s, struct due_told *told, struct error *err)
{
	const struct due_decision *d = &told->decision;

	due_decide(&s->facts, &told->decision);
	switch (d->verdict) {
	case DUE_RESUME:
		return unfinished_go_on(q, s, told, err);
	case DUE_RUN:
		return rehearsal_begin(q, told, err);
	case DUE_SKIPPED:
		return note_skipped(q, d, d->reason, err);
	case DUE_NEVER:
	case DUE_LATER:
	case DUE_VERDICT_COUNT:
		break;
	}
	return 0;
}

/* True when nothing is to be removed, written down or run. */
static bool is_idle(const struct situation *s, const struct due_decision *d)
{
	for (size_t i = 0; i < s->facts.clone_count; i++) {
		if (due_may_remove(&s->facts.clones[i], s->facts.now))
			return false;
	}
	return d->verdict == DUE_NEVER || d->verdict == DUE_LATER;
}

/* Take the lease of the timetable; *out stays NULL while another program holds the lease. */
static int due_lease_take(const struct due_request *q, struct due_decision *decision,
	struct lease **out, struct error *err)
{
	CLEANUP(free) char *name = mem_printf("%s/due", q->environment->name);

	if (lease_take(q->store, name, "patchline due", q->actor, out, err) == 0)
		return 0;
	if (err->kind != ERR_CONFLICT)
		return -1;
	decision->verdict = DUE_LATER;
	decision->occurrence_at = 0;
	snprintf(decision->reason, sizeof decision->reason, "%.299s", err->text);
	return 0;
}

static int occurrence_answer(const struct due_request *q, struct due_told *told, struct error *err)
{
	CLEANUP(situation_done) struct situation s = { 0 };
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (situation_read(q, &s, err) < 0)
		return -1;
	told->next_at = s.facts.next_at;
	due_decide(&s.facts, &told->decision);
	if (q->is_dry_run || is_idle(&s, &told->decision))
		return 0;
	if (due_lease_take(q, &told->decision, &lease, err) < 0)
		return -1;
	/* Whoever had the lease may have answered meanwhile. */
	if (!lease)
		return 0;
	if (situation_read(q, &s, err) < 0 || remove_expired(q, &s, told, err) < 0 ||
		situation_read(q, &s, err) < 0)
		return -1;
	return decision_follow(q, &s, told, err);
}

int due_run(const struct due_request *q, struct due_told *out, struct error *err)
{
	CLEANUP(due_told_done) struct due_told told = { 0 };

	if (*q->environment->rehearse.every && occurrence_answer(q, &told, err) < 0)
		return -1;
	*out = STEAL(&told);
	return 0;
}

void due_told_done(struct due_told *told)
{
	for (size_t i = 0; told->removed && told->removed[i]; i++)
		free(told->removed[i]);
	free(told->removed);
	*told = (struct due_told){ 0 };
}
