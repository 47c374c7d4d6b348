/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/promotion.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "present/answer.h"
#include "promote/promote.h"
#include "rollout/targets.h"

#include <stdio.h>

static const char *const outcome_names[DEPLOYED_OUTCOME_COUNT] = {
	[DEPLOYED_RECORDED] = "recorded",
	[DEPLOYED_COMPLETE] = "complete",
	[DEPLOYED_FOLLOWED] = "followed",
};

static const char *const outcome_words[DEPLOYED_OUTCOME_COUNT] = {
	[DEPLOYED_RECORDED] = "no patch set was frozen with it, so none follows",
	[DEPLOYED_COMPLETE] = "its patch set was there already",
	[DEPLOYED_FOLLOWED] = "its patch set followed",
};

static void tell_deployed(
	const struct invocation *inv, const char *environment, enum deployed_outcome outcome)
{
	if (!wants_json(inv)) {
		printf("Release %s %s in %s: %s.\n", arg_at(inv, 0),
			is_dry_run(inv) ? "would be told" : "runs", environment,
			outcome_words[outcome]);
		return;
	}

	output_row(inv, &deployed_answer_view,
		&(struct deployed_answer){ arg_at(inv, 0), environment, outcome_names[outcome] });
}

static int preview_deployed(struct invocation *inv, const struct promotion *p, struct error *err)
{
	CLEANUP(targets_free) struct targets *targets = NULL;
	enum deployed_outcome outcome;

	if (deployed_preview(p, arg_at(inv, 0), &outcome, &targets, err) < 0)
		return -1;
	if (targets)
		promotion_show(inv, targets);
	else
		tell_deployed(inv, p->environment->name, outcome);
	return 0;
}

int cmd_deployed(struct invocation *inv, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	struct promotion p = { 0 };
	enum deployed_outcome outcome;
	struct rollout_summary summary;

	if (promotion_begin(inv, &p, &watch, err) < 0)
		return -1;
	if (is_dry_run(inv))
		return preview_deployed(inv, &p, err);
	if (deployed_tell(&p, arg_at(inv, 0), &outcome, &summary, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	if (outcome == DEPLOYED_FOLLOWED)
		return watch_tell_end(inv, p.environment->name, &summary, err);
	tell_deployed(inv, p.environment->name, outcome);
	return 0;
}
