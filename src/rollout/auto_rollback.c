/* SPDX-License-Identifier: Apache-2.0 */
/* auto_rollback.c - what goes back by itself after a wave; declared in run_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "policy/course.h"
#include "rollout/host_run.h"
#include "rollout/journal.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

/* A wave that has come to its end. */
struct ended {
	struct run *run;
	size_t wave;
	const struct group *group;
	enum rollout_wish wish;
	char why[400]; /* what failed after it was changed; "" for nothing */
	bool has_failed_tests;
};

/* ---- its tests ---- */

static bool is_changed_and_done(const struct rollout_target *m)
{
	return m->was_changed && m->verdict == HOST_DONE;
}

static bool has_any(const struct ended *e, bool (*is_one)(const struct rollout_target *m))
{
	for (size_t i = 0; i < targets_count(e->run->targets); i++) {
		const struct rollout_target *m = targets_at(e->run->targets, i);

		if (m->wave == e->wave && is_one(m))
			return true;
	}
	return false;
}

static int fail_target(
	const struct ended *e, struct rollout_target *m, const char *words, struct error *err)
{
	const struct rollout_request *r = e->run->request;
	struct rollout_host_move move = {
		.rollout = e->run->id,
		.host = m->place.host->name,
		.from = HOST_DONE,
		.to = HOST_FAILED,
		.failure = FAILURE_TEST,
	};

	target_fail(m, FAILURE_TEST, "test: %s", words);
	move.reason = m->reason;
	if (store_rollout_host_move(r->store, &move, r->actor, err) < 0)
		return -1;
	if (r->watch.on_verdict)
		r->watch.on_verdict(r->watch.context, m->place.host->name, m->verdict, m->reason);
	return 0;
}

/* Suites that cannot be run have not passed. */
static int test_wave(struct ended *e, struct error *err)
{
	const struct rollout_request *r = e->run->request;
	char words[300] = "";
	struct error failed;

	if (!*e->group->wave_tests || !r->run_tests || e->wish == WISH_ABANDON ||
		!has_any(e, is_changed_and_done))
		return 0;
	if (r->run_tests(r, e->group->wave_tests, words, sizeof words, &failed) < 0)
		snprintf(words, sizeof words, "they could not be run: %.250s", failed.text);
	if (!*words)
		return 0;
	e->has_failed_tests = true;
	snprintf(e->why, sizeof e->why, "test: %s", words);
	for (size_t i = 0; i < targets_count(e->run->targets); i++) {
		struct rollout_target *m = targets_at(e->run->targets, i);

		if (m->wave == e->wave && is_changed_and_done(m) &&
			fail_target(e, m, words, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what is to go back ---- */

/* A host that failed when it was changed already; it may have gone back since. */
static bool has_failed_changed(const struct rollout_target *m)
{
	return m->failure != FAILURE_NONE && (m->was_changed || host_verdict_is_back(m->verdict));
}

static void find_reason(struct ended *e)
{
	for (size_t i = 0; !*e->why && i < targets_count(e->run->targets); i++) {
		const struct rollout_target *m = targets_at(e->run->targets, i);

		if (m->wave == e->wave && has_failed_changed(m))
			snprintf(e->why, sizeof e->why, "%s: %.300s", m->place.host->name,
				m->reason);
	}
}

/*
 * Those that went well or failed their tests; and those that may be at work, once that has ended. One that did not get
 * back by itself is not tried again.
 */
static bool may_return(const struct rollout_target *m)
{
	return m->was_changed && m->way && m->way->kind != WAY_BACK_IS_NONE &&
	       (m->verdict == HOST_DONE || m->failure == FAILURE_TEST || m->is_at_work);
}

/* The first wave that goes back; 0: none does. */
static size_t find_first(const struct ended *e, bool *is_over)
{
	const struct wave_facts facts = {
		.wave = e->wave,
		.has_failed = *e->why,
		.has_failed_tests = e->has_failed_tests,
		.is_clone = e->run->request->environment->original,
		.on_failure = e->group->on_failure,
		.wish = e->wish,
	};

	return course_waves_back(&facts, is_over);
}

static int read_wish(struct ended *e, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(e->run->request->store, e->run->id, &row, err) < 0)
		return -1;
	e->wish = row.wish;
	return 0;
}

/* ---- back ---- */

/* In one transaction: nobody who goes on later sees a wave half of which is to go back. */
static int owe(const struct ended *e, size_t first, struct error *err)
{
	const struct rollout_request *r = e->run->request;
	CLEANUP(free)
	char *reason = mem_printf(
		"rollout-%lld: wave %zu went back: %s", (long long)e->run->id, e->wave, e->why);

	if (store_environment_hold(r->store, r->environment->name, reason, r->actor, err) < 0)
		return -1;
	for (size_t i = 0; i < targets_count(e->run->targets); i++) {
		const struct rollout_target *m = targets_at(e->run->targets, i);
		const struct debt_row debt = { m->place.host->name, DEBT_WAY_BACK,
			r->environment->name, e->run->id, 0 };

		if (m->wave >= first && m->wave <= e->wave && may_return(m) &&
			store_debt_make(r->store, &debt, r->actor, err) < 0)
			return -1;
	}
	return 0;
}

static int decide(const struct ended *e, size_t first, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = e->run->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || owe(e, first, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static bool owes(const struct debt_rows *debts, int64_t rollout, const char *host)
{
	for (size_t i = 0; i < debts->count; i++) {
		const struct debt_row *row = &debts->items[i];

		if (row->debt == DEBT_WAY_BACK && row->rollout == rollout &&
			str_equal(row->host, host))
			return true;
	}
	return false;
}

/* What went wrong is told with its verdict: by the journal where a program died before it, else why its wave goes. */
static int failure_recall(
	const struct run *run, struct rollout_target *m, const char *why, struct error *err)
{
	struct journal j = { .failure = FAILURE_NONE };
	enum host_verdict verdict = m->verdict;

	if (m->failure != FAILURE_NONE)
		return 0;
	if (verdict == HOST_RUNNING && journal_read(run->request->store, run->id,
					       m->place.host->name, DIRECTION_FORWARD, &j, err) < 0)
		return -1;
	if (j.failure != FAILURE_NONE)
		target_fail(m, j.failure, "%s", j.words);
	else
		target_judge(m, verdict, "%s", why);
	m->verdict = verdict;
	return 0;
}

/* Why hosts go back, and what is owed in their environment. */
struct returning {
	const struct debt_rows *debts;
	const char *why;
};

static int choose_owed(
	struct run *run, struct rollout_target *m, const void *context, struct error *err)
{
	const struct returning *g = context;

	if (m->is_at_work || !owes(g->debts, run->id, m->place.host->name))
		return 0;
	return failure_recall(run, m, g->why, err) < 0 ? -1 : 1;
}

/* All hosts to which the rollout owes it, wave by wave, the last first. */
static int return_waves(struct run *run, const char *why, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	const struct returning g = { &debts, why };

	if (store_debts(r->store, r->environment->name, &debts, err) < 0)
		return -1;
	for (size_t wave = targets_wave_count(run->targets); wave > 0; wave--) {
		if (run_wave(run, wave, DIRECTION_BACK, choose_owed, &g, err) < 0)
			return -1;
	}
	return 0;
}

static int wave_back(struct ended *e, bool *is_over, struct error *err)
{
	struct run *run = e->run;
	char why[sizeof e->why + 40];
	size_t first = 0;

	find_reason(e);
	first = find_first(e, is_over);
	if (!first)
		return 0;
	snprintf(why, sizeof why, "wave %zu went back: %s", e->wave, e->why);
	if (*is_over)
		snprintf(
			run->summary->stop_reason, sizeof run->summary->stop_reason, "%.250s", why);
	return decide(e, first, err) < 0 ? -1 : return_waves(run, why, err);
}

int auto_rollback(struct run *run, size_t wave, bool *is_over, struct error *err)
{
	struct ended e = { .run = run, .wave = wave, .group = run_group(run, wave) };

	/* Tests take their time: who waits for nothing may have said so before them, or while they ran. */
	if (read_wish(&e, err) < 0 || test_wave(&e, err) < 0 || read_wish(&e, err) < 0)
		return -1;
	return wave_back(&e, is_over, err);
}

/* ---- after a kill, in an environment that is held ---- */

/* Hosts that were under way, and those to which anything is still owed. */
static int choose_unsettled(
	struct run *run, struct rollout_target *m, const void *context, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };

	(void)context;
	if (store_debts_of(run->request->store, m->place.host->name, &debts, err) < 0)
		return -1;
	if ((m->verdict != HOST_RUNNING && !debts.count) ||
		owes(&debts, run->id, m->place.host->name))
		return 0;
	return m->verdict == HOST_RUNNING && failure_recall(run, m, "", err) < 0 ? -1 : 1;
}

/* Whose load came back, and who stays without. */
static void tell_load(struct str *words, const struct debt_rows *before,
	const struct debt_rows *now, bool is_back)
{
	const char *separator = is_back ? "; load is back on " : "; left out of service: ";

	for (size_t i = 0; i < before->count; i++) {
		const struct debt_row *row = &before->items[i];
		bool is_owed = false;

		for (size_t k = 0; k < now->count; k++)
			is_owed |= now->items[k].debt == DEBT_SERVICE &&
				   str_equal(now->items[k].host, row->host);
		if (row->debt != DEBT_SERVICE || is_owed == is_back)
			continue;
		str_addf(words, "%s%s", separator, row->host);
		separator = ", ";
	}
}

static int tell_settled(
	struct run *run, const char *hold, const struct debt_rows *before, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(debt_rows_done) struct debt_rows now = { 0 };
	CLEANUP(str_done) struct str words = { 0 };

	if (store_debts(r->store, r->environment->name, &now, err) < 0)
		return -1;
	tell_load(&words, before, &now, true);
	tell_load(&words, before, &now, false);
	snprintf(run->summary->stop_reason, sizeof run->summary->stop_reason, "held: %.120s%s",
		hold, str_text(&words));
	return 0;
}

static bool has_gone_back(const struct rollout_target *m)
{
	return host_verdict_is_back(m->verdict) && m->failure != FAILURE_NONE;
}

/* A program died when a host of this wave was back by itself, and had not yet said that others are to follow. */
static int finish_wave(struct run *run, size_t wave, struct error *err)
{
	struct ended e = { .run = run, .wave = wave, .group = run_group(run, wave) };
	bool is_over = false;

	if (!has_any(&e, has_gone_back))
		return 0;
	return read_wish(&e, err) < 0 ? -1 : wave_back(&e, &is_over, err);
}

int auto_rollback_resume(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	CLEANUP(debt_rows_done) struct debt_rows before = { 0 };

	if (store_environment_find(r->store, r->environment->name, &now, err) < 0 ||
		store_debts(r->store, r->environment->name, &before, err) < 0 ||
		return_waves(run, now.held_reason, err) < 0)
		return -1;
	for (size_t wave = 1; wave <= targets_wave_count(run->targets); wave++) {
		if (run_wave(run, wave, DIRECTION_FORWARD, choose_unsettled, NULL, err) < 0 ||
			finish_wave(run, wave, err) < 0)
			return -1;
	}
	return tell_settled(run, now.held_reason, &before, err);
}
