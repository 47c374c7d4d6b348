/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/promotion.h"
#include "cli/watch.h"
#include "line/promote.h"
#include "model/config.h"
#include "rollout/roster.h"

static int preview(struct invocation *inv, const struct promotion *p, struct error *err)
{
	CLEANUP(roster_free) struct roster *roster = NULL;

	if (promotion_preview(p, arg_at(inv, 0), &roster, err) < 0)
		return -1;
	promotion_show(inv, roster);
	return 0;
}

int cmd_promote(struct invocation *inv, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	struct promotion p = { 0 };
	struct rollout_summary summary;

	if (promotion_begin(inv, &p, &watch, err) < 0)
		return -1;
	if (is_dry_run(inv))
		return preview(inv, &p, err);
	if (promotion_run(&p, arg_at(inv, 0), &summary, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return watch_tell_end(inv, p.environment->name, &summary, err);
}
