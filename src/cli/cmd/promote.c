/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/promote.h"

#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/report/patching.h"
#include "cli/report/promotion.h"
#include "cli/report/swapping.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "rollout/targets.h"

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
