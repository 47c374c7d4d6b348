/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/promote.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/promotion.h"
#include "cli/report/swapping.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "present/outcome.h"
#include "rehearse/patch_original.h"
#include "rollout/targets.h"

#include <stdio.h>
#include <stdlib.h>

static int preview_promotion(struct invocation *inv, const struct promotion *p, struct error *err)
{
	CLEANUP(targets_free) struct targets *targets = NULL;

	if (promotion_preview(p, arg_at(inv, 0), &targets, err) < 0)
		return -1;
	promotion_show(inv, targets);
	return 0;
}

/* A candidate goes to an environment; a clone goes into its own original. */
static int promote_candidate(struct invocation *inv, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	struct promotion p = { 0 };
	struct rollout_summary summary;

	if (promotion_begin(inv, &p, &watch, err) < 0)
		return -1;
	if (is_dry_run(inv))
		return preview_promotion(inv, &p, err);
	if (promotion_run(&p, arg_at(inv, 0), &summary, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return watch_tell_end(inv, p.environment->name, &summary, err);
}

static void print_patched_text(const struct environment *clone, const struct equality *proof)
{
	output_table(&unequal_view, proof->items, proof->count, NULL);
	printf("Proof of equality: %zu of %zu hosts of %s have exactly the packages of %s: %s.\n",
		proof->equal_hosts, proof->hosts, clone->original->name, clone->name,
		equality_verdict(proof));
}

static int tell_patched(struct invocation *inv, const struct environment *clone,
	const struct rollout_summary *summary, const struct equality *proof, struct error *err)
{
	CLEANUP(watch_end_done) struct watch_end end = { 0 };
	const char *name = clone->original->name;

	if (watch_read_end(inv, name, summary, &end, err) < 0)
		return -1;
	if (wants_json(inv)) {
		watch_output_entry(inv, clone, summary, &end, proof);
	} else {
		watch_print(name, summary, &end);
		if (summary->is_complete)
			print_patched_text(clone, proof);
	}
	if (watch_judge(inv, name, summary, err) < 0)
		return -1;
	if (!proof->count)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"'%s' differs from '%s', on which it was approved, in %zu packages", name,
		clone->name, proof->count);
}

static int begin_patching(struct invocation *inv, const struct environment *clone,
	struct promotion *p, struct error *err)
{
	if (clone->is_orphan)
		return error_set(err, ERR_REFUSED, "the original of '%s' is no longer configured",
			clone->name);
	p->environment = clone->original;
	p->actor = actor(inv);
	p->waiver = option_value(inv, "without-way-back");
	p->begins_anew = option_is_set(inv, "anew");
	if (need_config(inv, &p->config, err) < 0)
		return -1;
	return need_store(inv, &p->store, err);
}

/* Bring the set in, or go on with that; fails also when original and clone differ in the end. */
static NODISCARD int patch_original_and_tell(
	struct invocation *inv, const struct environment *clone, struct error *err)
{
	CLEANUP(equality_done) struct equality proof = { 0 };
	CLEANUP(watch_free) struct watch *watch = NULL;
	CLEANUP(free) char *what = mem_printf("%s to %s", clone->name, clone->original->name);
	struct promotion p = { 0 };
	struct rollout_summary summary;

	if (begin_patching(inv, clone, &p, err) < 0)
		return -1;
	watch = watch_new(what);
	p.watch = watch_callbacks(watch);
	if (patch_original_run(&p, clone, &summary, &proof, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return tell_patched(inv, clone, &summary, &proof, err);
}

static int preview_patching(
	struct invocation *inv, const struct environment *clone, struct error *err)
{
	CLEANUP(targets_free) struct targets *targets = NULL;
	struct promotion p = { 0 };

	if (begin_patching(inv, clone, &p, err) < 0 ||
		patch_original_preview(&p, clone, &targets, err) < 0)
		return -1;
	promotion_show(inv, targets);
	return 0;
}

static NODISCARD int promote_patch_original(struct invocation *inv, struct error *err)
{
	const struct environment *clone = NULL;
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), &clone, err) < 0)
		return -1;
	if (!clone->original)
		return error_set(err, ERR_USAGE,
			"'%s' is no clone: --patch-original wants one, like %s/clone-3",
			clone->name, clone->name);
	return is_dry_run(inv) ? preview_patching(inv, clone, err)
			       : patch_original_and_tell(inv, clone, err);
}

/* The ways in which a clone reaches its original. */
static const struct {
	const char *option;
	int (*run)(struct invocation *inv, struct error *err);
} ways[] = {
	{ "patch-original", promote_patch_original },
	{ "swap", promote_swap },
};

int cmd_promote(struct invocation *inv, struct error *err)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		if (!option_is_set(inv, ways[i].option))
			continue;
		if (option_value(inv, "to"))
			return error_set(err, ERR_USAGE,
				"--%s names where: --to cannot be given with it", ways[i].option);
		return ways[i].run(inv, err);
	}
	if (!option_value(inv, "to") && is_clone_name(arg_at(inv, 0)))
		return error_set(err, ERR_USAGE,
			"say how %s is to enter its original: --patch-original or --swap",
			arg_at(inv, 0));
	return promote_candidate(inv, err);
}
