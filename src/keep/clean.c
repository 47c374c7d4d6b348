/* SPDX-License-Identifier: Apache-2.0 */
#include "keep/clean.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/rollout_state.h"
#include "policy/keep.h"
#include "rollout/rollout.h"
#include "rollout/way_back_choose.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_FILES 100                      /* of the pool that one event names */
#define HALF_KEPT   ((int64_t)7 * 24 * 3600) /* seconds for half downloads and damaged files */

/* Digests of pool files that sets need; copied. */
struct needed {
	char **digests;
	size_t count, capacity;
};

static void needed_done_p(struct needed *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->digests[i]);
	free(n->digests);
}

static void needed_add(struct needed *n, const char *sha256)
{
	n->digests = mem_room(n->digests, n->count, &n->capacity, sizeof *n->digests);
	n->digests[n->count++] = mem_strdup(sha256);
}

/* ---- sets ---- */

static int compare_holders(const void *a, const void *b)
{
	const char *x = ((const struct set_holder *)a)->set,
		   *y = ((const struct set_holder *)b)->set;

	return strcmp(x ? x : "", y ? y : "");
}

/* What needs it; NULL: nothing. */
static const char *find_holder(const struct set_holders *holders, const char *digest)
{
	const struct set_holder key = { .set = digest };
	const struct set_holder *found =
		holders->count
			? bsearch(&key, holders->items, holders->count, sizeof key, compare_holders)
			: NULL;

	return found ? found->by : NULL;
}

/* Choose of what is known at this moment. */
static int choose_sets(const struct clean_request *q, struct clean_report *r, struct error *err)
{
	CLEANUP(set_holders_done) struct set_holders holders = { 0 };
	CLEANUP(free) struct keep_set *sets = NULL;

	if (store_sets(q->store, &r->all, err) < 0 || store_sets_held(q->store, &holders, err) < 0)
		return -1;
	mem_sort(holders.items, holders.count, sizeof *holders.items, compare_holders);
	sets = mem_new(r->all.count, sizeof *sets);
	for (size_t i = 0; i < r->all.count; i++)
		sets[i] = (struct keep_set){ r->all.items[i].digest, r->all.items[i].created_at,
			find_holder(&holders, r->all.items[i].digest), false };
	keep_decide(&q->config->keep, clock_now(), sets, r->all.count);
	r->sets = mem_new(r->all.count, sizeof *r->sets);
	for (size_t i = 0; i < r->all.count; i++) {
		if (sets[i].may_go && !r->all.items[i].cleaned_at)
			r->sets[r->set_count++].row = &r->all.items[i];
	}
	return 0;
}

/* Chosen and marked in one transaction: nothing comes to need one in between. */
static int mark_sets(const struct clean_request *q, struct clean_report *r, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (q->is_dry_run)
		return choose_sets(q, r, err);
	if (transaction_begin(&transaction, q->store, err) < 0 || choose_sets(q, r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->set_count; i++) {
		if (store_set_cleaned(q->store, r->sets[i].row, q->actor, err) < 0)
			return -1;
	}
	return transaction_commit(&transaction, err);
}

static bool is_going(const struct clean_report *r, const struct set_row *set)
{
	for (size_t i = 0; i < r->set_count; i++) {
		if (r->sets[i].row == set)
			return true;
	}
	return set->cleaned_at != 0;
}

/* Those of now, and of an earlier clean that did not come to its end. */
static int remove_sets(
	const struct clean_request *q, const struct clean_report *r, struct error *err)
{
	int64_t now = clock_now();

	for (size_t i = 0; i < r->all.count && !q->is_dry_run; i++) {
		const struct set_row *set = &r->all.items[i];

		if (is_going(r, set) && setfile_clean(q->config->state, set->digest,
						set->cleaned_at ? set->cleaned_at : now, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the pool ---- */

static int need_set(
	const struct clean_request *q, struct needed *n, const char *digest, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (setfile_open(q->config->state, digest, &set, err) < 0)
		return error_set(err, ERR_CORRUPT,
			"set %.12s, which is kept, cannot be read, so that nothing of the pool goes: 'patchline "
			"verify' tells more",
			digest);
	for (size_t i = 0; i < patchset_count(set); i++)
		needed_add(n, patchset_at(set, i)->sha256);
	for (size_t i = 0; i < patchset_repository_count(set); i++)
		needed_add(n, patchset_repository_at(set, i)->packages_sha256);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int need_files(const struct clean_request *q, const struct clean_report *r, struct needed *n,
	struct error *err)
{
	for (size_t i = 0; i < r->all.count; i++) {
		if (!is_going(r, &r->all.items[i]) &&
			need_set(q, n, r->all.items[i].digest, err) < 0)
			return -1;
	}
	mem_sort(n->digests, n->count, sizeof *n->digests, compare_texts);
	return 0;
}

/* The event of some files, which go after it. */
static int tell_files(const struct clean_request *q, const struct pool_waste *files, size_t count,
	struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { q->actor, "pool.cleaned", SUBJECT_POOL, "pool",
		payload };
	struct jvalue *names = jvalue_array();
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		jvalue_add_string(names, strrchr(files[i].path, '/') + 1);
		bytes += files[i].size;
	}
	jvalue_set(payload, "files", names);
	jvalue_set_integer(payload, "bytes", (int64_t)bytes);
	return store_event_add(q->store, &event, err);
}

static int remove_files(
	const struct clean_request *q, const struct pool_wastes *wastes, struct error *err)
{
	for (size_t i = 0; i < wastes->count; i++) {
		size_t left = wastes->count - i;

		if (i % EVENT_FILES == 0 &&
			tell_files(q, &wastes->items[i], left < EVENT_FILES ? left : EVENT_FILES,
				err) < 0)
			return -1;
		if (file_remove_all(wastes->items[i].path, err) < 0)
			return -1;
	}
	return 0;
}

static int clean_pool(const struct clean_request *q, const struct pool *pool,
	struct clean_report *r, struct error *err)
{
	CLEANUP(needed_done) struct needed needed = { 0 };
	CLEANUP(pool_wastes_done) struct pool_wastes wastes = { 0 };

	if (need_files(q, r, &needed, err) < 0 ||
		pool_wastes(pool, (const char *const *)needed.digests, needed.count,
			clock_now() - HALF_KEPT, &wastes, err) < 0)
		return -1;
	r->files = wastes.count;
	for (size_t i = 0; i < wastes.count; i++)
		r->bytes += wastes.items[i].size;
	for (size_t i = 0; i < wastes.unknown_count; i++)
		clean_words_add(&r->notes,
			mem_printf("'%s' is no file of the pool and stays", wastes.unknown[i]));
	return q->is_dry_run ? 0 : remove_files(q, &wastes, err);
}

/* ---- snapshots ---- */

/* The number behind the newest rollout that ended so long ago; 0: there is none. */
static int find_past(const struct clean_request *q, const struct environment *e, int64_t *before,
	struct error *err)
{
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };

	if (store_rollouts(q->store, e->name, 0, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count && !*before; i++) {
		const struct rollout_row *row = &rows.items[i];

		if (rollout_state_is_final(row->state) &&
			row->ended_at + q->config->keep.age < clock_now())
			*before = row->id + 1;
	}
	return 0;
}

static int forget_snapshots(const struct clean_request *q, const struct environment *e,
	int64_t before, struct error *err)
{
	CLEANUP(lease_free) struct lease *lease = NULL;
	const struct rollout_request request = {
		.config = q->config,
		.environment = e,
		.store = q->store,
		.actor = q->actor,
	};

	if (lease_take(q->store, e->name, "patchline clean", q->actor, &lease, err) < 0 ||
		snapshots_forget(&request, before, err) < 0)
		return -1;
	return lease_release(&lease, err);
}

/* One environment whose provider does not answer, or that somebody works on, does not keep the others. */
static int clean_snapshots(const struct clean_request *q, const struct environment *e,
	struct clean_report *r, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };
	struct error why = { 0 };
	int64_t before = 0;

	if (find_past(q, e, &before, err) < 0 ||
		(before && store_rollout_hosts_with_snapshot(
				   q->store, e->name, before, &rows, err) < 0))
		return -1;
	if (rows.count && !q->is_dry_run && forget_snapshots(q, e, before, &why) < 0) {
		clean_words_add(&r->notes, mem_printf("snapshots of %s: %s", e->name, why.text));
		return 0;
	}
	for (size_t i = 0; i < rows.count; i++) {
		r->snapshots = mem_room(r->snapshots, r->snapshot_count, &r->snapshot_capacity,
			sizeof *r->snapshots);
		r->snapshots[r->snapshot_count++] =
			(struct clean_snapshot){ mem_strdup(rows.items[i].host),
				rows.items[i].rollout };
	}
	return 0;
}

/* ---- the whole ---- */

static int clean_content(const struct clean_request *q, struct clean_report *r, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (pool_open_alone(q->config->state, &pool, err) < 0 || mark_sets(q, r, err) < 0 ||
		remove_sets(q, r, err) < 0)
		return -1;
	return clean_pool(q, pool, r, err);
}

static int clean_all(const struct clean_request *q, struct clean_report *r, struct error *err)
{
	const struct config *c = q->config;

	if (clean_content(q, r, err) < 0)
		return -1;
	for (size_t i = 0; i < c->environment_count; i++) {
		if (clean_snapshots(q, &c->environments[i], r, err) < 0)
			return -1;
	}
	return clean_strangers(c->state, &r->strangers, err);
}

int clean_run(const struct clean_request *request, struct clean_report *out, struct error *err)
{
	CLEANUP(clean_report_done)
	struct clean_report report = { .is_dry_run = request->is_dry_run };

	if (!request->config->keep.age)
		return error_set(err, ERR_USAGE,
			"the configuration has no 'keep', so that everything stays: write 'keep: {for: 90d}' "
			"into it");
	clean_words_add(&report.strangers, NULL);
	clean_words_add(&report.notes, NULL);
	if (clean_all(request, &report, err) < 0)
		return -1;
	*out = STEAL(&report);
	return 0;
}

static void words_done(struct clean_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
}

void clean_report_done(struct clean_report *report)
{
	set_rows_done(&report->all);
	free(report->sets);
	for (size_t i = 0; i < report->snapshot_count; i++)
		free(report->snapshots[i].host);
	free(report->snapshots);
	words_done(&report->strangers);
	words_done(&report->notes);
	*report = (struct clean_report){ 0 };
}
