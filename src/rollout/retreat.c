/* SPDX-License-Identifier: Apache-2.0 */
/* retreat.c - what goes back by itself after a wave; declared in run_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "rollout/past.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/run_private.h"
#include "rollout/walk.h"
#include "rollout/way.h"
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
	char why[400]; /* what failed after it was changed; "" for nothing */
	bool has_failed_tests;
};

/* ---- its tests ---- */

static bool is_changed_and_done(const struct member *m)
{
	return m->was_changed && m->verdict == HOST_DONE;
}

static bool has_any(const struct ended *e, bool (*is_one)(const struct member *m))
{
	for (size_t i = 0; i < roster_count(e->run->roster); i++) {
		const struct member *m = roster_at(e->run->roster, i);

		if (m->wave == e->wave && is_one(m))
			return true;
	}
	return false;
}

static int fail_member(
	const struct ended *e, struct member *m, const char *words, struct error *err)
{
	const struct rollout_request *r = e->run->request;
	struct rollout_host_move move = {
		.rollout = e->run->id,
		.host = m->place.host->name,
		.from = HOST_DONE,
		.to = HOST_FAILED,
		.failure = FAILURE_TEST,
	};

	member_fail(m, FAILURE_TEST, "test: %s", words);
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

	if (!*e->group->wave_tests || !r->run_tests || !has_any(e, is_changed_and_done))
		return 0;
	if (r->run_tests(r, e->group->wave_tests, words, sizeof words, &failed) < 0)
		snprintf(words, sizeof words, "they could not be run: %.250s", failed.text);
	if (!*words)
		return 0;
	e->has_failed_tests = true;
	snprintf(e->why, sizeof e->why, "test: %s", words);
	for (size_t i = 0; i < roster_count(e->run->roster); i++) {
		struct member *m = roster_at(e->run->roster, i);

		if (m->wave == e->wave && is_changed_and_done(m) &&
			fail_member(e, m, words, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what is to go back ---- */

/* A host that failed when it was changed already; it may have gone back since. */
static bool has_failed_changed(const struct member *m)
{
	return m->failure != FAILURE_NONE && (m->was_changed || m->verdict == HOST_REVERTED);
}

static void find_reason(struct ended *e)
{
	for (size_t i = 0; !*e->why && i < roster_count(e->run->roster); i++) {
		const struct member *m = roster_at(e->run->roster, i);

		if (m->wave == e->wave && has_failed_changed(m))
			snprintf(e->why, sizeof e->why, "%s: %.300s", m->place.host->name,
				m->reason);
	}
}

/* Those that went well or failed their tests; one that did not get back by itself is not tried again. */
static bool may_return(const struct member *m)
{
	return m->was_changed && m->way && m->way->kind != WAY_NONE &&
	       (m->verdict == HOST_DONE || m->failure == FAILURE_TEST);
}

/* How far back a wave's group wants it: the first wave that goes. 0: none does. */
static size_t first_wave(const struct ended *e)
{
	if (e->run->request->environment->original) /* a clone is thrown away */
		return 0;
	switch (e->group->on_failure) {
	case ON_FAILURE_STOP:
		break;
	case ON_FAILURE_HOST:
		return e->has_failed_tests ? e->wave : 0;
	case ON_FAILURE_WAVE:
		return e->wave;
	case ON_FAILURE_ALL:
		return 1;
	}
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
	for (size_t i = 0; i < roster_count(e->run->roster); i++) {
		const struct member *m = roster_at(e->run->roster, i);
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
	struct store *store = e->run->request->store;

	if (store_begin(store, err) < 0)
		return -1;
	if (owe(e, first, err) < 0) {
		store_rollback(store);
		return -1;
	}
	return store_commit(store, err);
}

static int return_wave(const struct ended *e, size_t wave, struct error *err)
{
	size_t most = roster_count(e->run->roster), count = 0;
	CLEANUP(free) struct member **members = mem_new(most, sizeof(struct member *));

	for (size_t i = 0; i < most; i++) {
		struct member *m = roster_at(e->run->roster, i);

		if (m->wave != wave || !may_return(m))
			continue;
		if (m->verdict == HOST_DONE)
			member_judge(m, HOST_DONE, "wave %zu went back: %s", e->wave, e->why);
		members[count++] = m;
	}
	return run_walk(e->run, members, count, walk_host_back, err);
}

int retreat(struct run *run, size_t wave, bool *is_over, struct error *err)
{
	struct ended e = { .run = run, .wave = wave, .group = run_group(run, wave) };
	size_t first = 0;

	if (test_wave(&e, err) < 0)
		return -1;
	find_reason(&e);
	first = *e.why ? first_wave(&e) : 0;
	*is_over = first && e.group->on_failure != ON_FAILURE_HOST;
	if (!first)
		return 0;
	if (decide(&e, first, err) < 0)
		return -1;
	for (size_t back = wave; back >= first; back--) {
		if (return_wave(&e, back, err) < 0)
			return -1;
	}
	if (*is_over)
		snprintf(run->summary->stop_reason, sizeof run->summary->stop_reason,
			"wave %zu went back: %.200s", wave, e.why);
	return 0;
}

/* ---- after a kill ---- */

static struct member *find_member(const struct run *run, const char *host)
{
	for (size_t i = 0; i < roster_count(run->roster); i++) {
		if (str_equal(roster_at(run->roster, i)->place.host->name, host))
			return roster_at(run->roster, i);
	}
	return NULL;
}

/* Its verdict is the store's; what failed is told anew: by the journal, or for the whole wave by the hold. */
static int recall(const struct run *run, struct member *m, const char *hold, struct error *err)
{
	enum host_verdict verdict = m->verdict;
	struct past past;

	if (past_read(run->request->store, run->id, m->place.host->name, &past, err) < 0)
		return -1;
	if (past.failure != FAILURE_NONE)
		member_fail(m, past.failure, "%s", past.words);
	else
		member_judge(m, verdict, "%s", hold);
	m->verdict = verdict;
	return 0;
}

int retreat_resume(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (store_debts(r->store, r->environment->name, &debts, err) < 0 ||
		store_environment_find(r->store, r->environment->name, &now, err) < 0)
		return -1;

	CLEANUP(free)
	struct member **members = mem_new(debts.count, sizeof(struct member *));
	size_t count = 0;

	for (size_t i = 0; i < debts.count; i++) {
		struct member *m = find_member(run, debts.items[i].host);

		if (debts.items[i].debt != DEBT_WAY_BACK || debts.items[i].rollout != run->id || !m)
			continue;
		if (recall(run, m, now.held_reason, err) < 0)
			return -1;
		members[count++] = m;
	}
	snprintf(
		run->summary->stop_reason, sizeof run->summary->stop_reason, "%s", now.held_reason);
	return run_walk(run, members, count, walk_host_back, err);
}
