/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/rollback.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/swapping.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "present/target.h"
#include "promote/promote.h"
#include "rollout/rollback.h"
#include "store/set.h"

#include <stdio.h>

/* ---- a clone that is swapped in ---- */

static int rollback_swap(struct invocation *inv, const struct environment *clone, struct error *err)
{
	CLEANUP(swap_session_done) struct swap_session s = { 0 };
	CLEANUP(swap_diff_done) struct swap_diff swap_diff = { 0 };
	struct swap_summary summary = { 0 };

	if (swap_session_begin(inv, clone, true, &s, err) < 0)
		return -1;
	if (is_dry_run(inv)) {
		if (swap_back_preview(&s.request, &swap_diff, err) < 0)
			return -1;
		swap_session_show(&s, &swap_diff);
		return 0;
	}
	if (swap_back(&s.request, &summary, err) < 0)
		return -1;
	return swap_session_tell(&s, &summary, err);
}

/* ---- packages ---- */

static int show(struct invocation *inv, const struct promotion *p, const struct rollback_plan *plan,
	struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows items = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		CLEANUP(rollback_preview_done) struct rollback_preview hosts = { 0 };

		if (rollback_look(p, plan->rollouts[i], &hosts, err) < 0)
			return -1;
		undo_items_add(&items, plan->rollouts[i], &hosts);
	}
	output_rows(inv, &undo_item_view, items.items, items.count, "There is nothing to undo");
	if (!wants_json(inv))
		puts("\nDry run: nothing was changed.");
	return 0;
}

/* Before the first of them begins, each must be able to come to its end. */
static int check_plan(
	const struct promotion *p, const struct rollback_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		CLEANUP(rollback_preview_done) struct rollback_preview hosts = { 0 };

		if (rollback_look(p, plan->rollouts[i], &hosts, err) < 0 ||
			rollback_preview_check(&hosts, err) < 0)
			return error_wrap(
				err, "undoing rollout-%lld", (long long)plan->rollouts[i]);
	}
	return 0;
}

static int undo_all(struct invocation *inv, const struct promotion *p,
	const struct rollback_plan *plan, struct error *err)
{
	struct rollout_summary summary = { 0 };

	for (size_t i = 0; i < plan->count; i++) {
		if (rollback_run(p, plan->rollouts[i], &summary, err) < 0)
			return -1;
		if (!summary.is_complete)
			break;
	}
	return watch_tell_return(inv, p->environment->name, &summary, err);
}

static int rollback_packages(struct invocation *inv, struct promotion *p, struct error *err)
{
	CLEANUP(rollback_plan_done) struct rollback_plan plan = { 0 };
	CLEANUP(set_row_done) struct set_row set = { 0 };
	CLEANUP(watch_free) struct watch *watch = NULL;
	CLEANUP(free) char *what = mem_printf("rollback of %s", p->environment->name);
	const char *to = option_value(inv, "to");

	if (to && store_set_find(p->store, to, &set, err) < 0)
		return -1;
	if (rollback_plan_make(p, to ? set.digest : NULL, &plan, err) < 0)
		return -1;
	if (is_dry_run(inv))
		return show(inv, p, &plan, err);
	watch = watch_new(what);
	p->watch = watch_callbacks(watch);
	if (check_plan(p, &plan, err) < 0)
		return -1;
	return undo_all(inv, p, &plan, err);
}

int cmd_rollback(struct invocation *inv, struct error *err)
{
	CLEANUP(free) char *last = NULL;
	struct promotion p = { .actor = actor(inv) };
	const struct environment *clone = NULL;

	if (need_config(inv, &p.config, err) < 0 || need_store(inv, &p.store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), &p.environment, err) < 0)
		return -1;
	if (p.environment->original)
		p.environment = p.environment->original;
	if (swap_last(p.store, p.environment->name, &last, err) < 0)
		return -1;
	if (!last)
		return rollback_packages(inv, &p, err);
	if (option_value(inv, "to"))
		return error_set(err, ERR_USAGE,
			"a clone is swapped in: 'patchline rollback %s' puts its originals back first",
			p.environment->name);
	if (find_environment(inv, last, &clone, err) < 0)
		return -1;
	return rollback_swap(inv, clone, err);
}
