/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/resume.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/owed.h"
#include "cli/report/swapping.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "present/unfinished.h"
#include "promote/promote.h"
#include "promote/unfinished.h"
#include "rehearse/cloning.h"
#include "rehearse/patch_original.h"
#include "rehearse/rehearsal.h"
#include "store/clone.h"
#include "store/debt.h"
#include "store/rollout.h"

/* What the ways to go on share. */
struct resuming {
	struct invocation *inv;
	const struct config *config;
	struct store *store;
	struct view_rows told; /* of struct unfinished_item */
	const struct unfinished_operation *unfinished_operation;
	const struct environment *environment; /* the operation's */
	struct str words;                      /* how it ended */
};

static void resuming_done(struct resuming *r)
{
	view_rows_done(&r->told);
	str_done(&r->words);
}
CLEANUP_DONE(struct resuming, resuming_done)

/* ---- one way a kind ---- */

static int resume_rehearsal(struct resuming *r, struct error *err)
{
	const struct rehearsal_request request = {
		.config = r->config, .store = r->store, .actor = actor(r->inv)
	};
	struct rehearsal_summary ended = { 0 };

	if (rehearsal_resume(&request, r->unfinished_operation->number, &ended, err) < 0)
		return -1;
	if (ended.state == REHEARSAL_FAILED)
		return error_set(err, ERR_SYSTEM, "%s", ended.reason);
	str_addf(&r->words, "%s %s", rehearsal_state_name(ended.state), ended.clone);
	return 0;
}

static struct cloning cloning_of(const struct resuming *r)
{
	return (struct cloning){
		.config = r->config,
		.store = r->store,
		.environment = r->environment,
		.actor = actor(r->inv),
	};
}

static int resume_making(struct resuming *r, struct error *err)
{
	const struct cloning cloning = cloning_of(r);
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	if (cloning_resume(&cloning, r->unfinished_operation->number, &row, err) < 0)
		return -1;
	str_addf(&r->words, "%s", clone_state_name(row.state));
	return 0;
}

static int resume_removing(struct resuming *r, struct error *err)
{
	const struct cloning cloning = cloning_of(r);

	if (cloning_remove(&cloning, r->unfinished_operation->number, err) < 0)
		return -1;
	str_add(&r->words, "removed");
	return 0;
}

static int find_clone(const struct resuming *r, const struct environment **out, struct error *err)
{
	return find_environment(r->inv, r->unfinished_operation->name, out, err);
}

static struct promotion promotion_of(const struct resuming *r, struct watch *watch)
{
	return (struct promotion){
		.config = r->config,
		.store = r->store,
		.environment = r->environment,
		.actor = actor(r->inv),
		.watch = watch_callbacks(watch),
	};
}

static int judge_rollout(
	struct resuming *r, const struct rollout_summary *summary, struct error *err)
{
	size_t back = summary->verdicts[HOST_REVERTED] + summary->verdicts[HOST_UNWELL];

	if (!summary->is_complete && back)
		return error_set(err, ERR_SYSTEM, "%zu hosts went back, '%s' is held: %s", back,
			r->environment->name, summary->stop_reason);
	if (!summary->is_complete)
		return error_set(err, ERR_SYSTEM, "'%s' is mixed: %s", r->environment->name,
			summary->stop_reason);
	str_addf(&r->words, "%zu hosts done, %zu had nothing to do, %zu went back",
		summary->verdicts[HOST_DONE], summary->verdicts[HOST_NOTHING_TO_DO],
		summary->verdicts[HOST_REVERTED]);
	return 0;
}

static int resume_entering(struct resuming *r, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = watch_new(r->unfinished_operation->name);
	CLEANUP(equality_done) struct equality equality = { 0 };
	const struct promotion p = promotion_of(r, watch);
	const struct environment *clone = NULL;
	struct rollout_summary summary;

	if (find_clone(r, &clone, err) < 0 ||
		patch_original_run(&p, clone, &summary, &equality, err) < 0 ||
		judge_rollout(r, &summary, err) < 0)
		return -1;
	str_addf(&r->words, "; %s to its clone", equality_verdict(&equality));
	return 0;
}

static int resume_swapping(struct resuming *r, struct error *err)
{
	CLEANUP(swap_session_done) struct swap_session s = { 0 };
	const struct environment *clone = NULL;
	struct swap_summary ended = { 0 };

	if (find_clone(r, &clone, err) < 0 ||
		swap_session_begin(r->inv, clone, false, &s, err) < 0 ||
		swap_resume(&s.request, &ended, err) < 0)
		return -1;
	if (*ended.reason)
		return error_set(err, ERR_SYSTEM, "the originals were put back: %s", ended.reason);
	str_addf(&r->words, "%s, %.1f s without service",
		ended.is_swapped ? "swapped in" : "the originals are back",
		(double)ended.downtime_ms / 1000);
	return 0;
}

static int resume_rollout(struct resuming *r, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = watch_new(r->unfinished_operation->name);
	const struct promotion p = promotion_of(r, watch);
	struct rollout_summary summary;

	if (rollout_resume(&p, r->unfinished_operation->number, &summary, err) < 0)
		return -1;
	return judge_rollout(r, &summary, err);
}

static int (*const ways[UNFINISHED_KIND_COUNT])(struct resuming *r, struct error *err) = {
	[UNFINISHED_REHEARSAL] = resume_rehearsal,
	[UNFINISHED_MAKING] = resume_making,
	[UNFINISHED_ENTERING] = resume_entering,
	[UNFINISHED_SWAPPING] = resume_swapping,
	[UNFINISHED_REMOVING] = resume_removing,
	[UNFINISHED_ROLLOUT] = resume_rollout,
};

/* ---- all of them ---- */

static void add_told(struct resuming *r, const char *outcome, const char *words)
{
	view_rows_copy(&r->told, &unfinished_item_view,
		&(struct unfinished_item){ r->unfinished_operation, outcome, words });
}

/* What a living program is at is never touched. @return how many failed: 0 or 1. */
static size_t resume(struct resuming *r)
{
	struct error err = { 0 };

	str_done(&r->words);
	if (r->unfinished_operation->is_alive) {
		add_told(r, "alive", "its program lives");
		return 0;
	}
	if (is_dry_run(r->inv)) {
		add_told(r, "left", "its program died");
		return 0;
	}
	drop_topology(r->inv); /* what went on before may have made or moved a clone */
	if (find_environment(r->inv, r->unfinished_operation->environment, &r->environment, &err) <
			0 ||
		ways[r->unfinished_operation->kind](r, &err) < 0) {
		add_told(r, "failed", err.text);
		return 1;
	}
	add_told(r, "ended", str_text(&r->words));
	return 0;
}

static size_t resume_all(
	struct resuming *r, const struct unfinished *unfinished, const char *name, size_t *found)
{
	size_t failed = 0;

	for (size_t i = 0; i < unfinished->count; i++) {
		r->unfinished_operation = &unfinished->items[i];
		if (name && !str_equal(name, r->unfinished_operation->name))
			continue;
		++*found;
		failed += resume(r);
	}
	return failed;
}

/* A rollout that was paused or stopped is not half-way; whoever names it wants it to go on all the same. */
static int add_named(
	struct store *store, const char *name, struct unfinished *unfinished, struct error *err)
{
	long long id = name ? rollout_number(name) : 0;
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (!id)
		return 0;
	if (store_rollout_find(store, id, &row, err) < 0)
		return -1;
	if (row.state == ROLLOUT_PAUSED || row.state == ROLLOUT_STOPPED)
		unfinished_add(unfinished, UNFINISHED_ROLLOUT, mem_strdup(name), row.environment,
			id, false);
	return 0;
}

/* What is owed to hosts by rollouts that have ended is not half-way, and not to be overlooked either. */
static int print_owed(const struct resuming *r, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };

	if (!is_for_people(r->inv))
		return 0;
	if (store_debts(r->store, NULL, &debts, err) < 0)
		return -1;
	return owed_print(r->inv, &debts, err);
}

int cmd_resume(struct invocation *inv, struct error *err)
{
	CLEANUP(unfinished_done) struct unfinished unfinished = { 0 };
	CLEANUP(resuming_done) struct resuming r = { .inv = inv };
	const char *name = arg_at(inv, 0);
	size_t found = 0;

	if (need_config(inv, &r.config, err) < 0 || need_store(inv, &r.store, err) < 0 ||
		unfinished_find(r.store, &unfinished, err) < 0 ||
		add_named(r.store, name, &unfinished, err) < 0)
		return -1;

	size_t failed = resume_all(&r, &unfinished, name, &found);

	if (name && !found)
		return error_set(err, ERR_NOT_FOUND,
			"'%s' is nothing that was left half-way; 'patchline resume --dry-run' lists what "
			"is",
			name);
	output_rows(inv, &unfinished_item_view, r.told.items, r.told.count,
		"Nothing was left half-way");
	if (print_owed(&r, err) < 0)
		return -1;
	if (failed)
		return error_set(err, ERR_SYSTEM, "%zu of %zu could not be brought to an end",
			failed, found);
	return 0;
}
