/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/watch.h"
#include "line/promote.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/roster.h"

#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ "wave", "WAVE", COLUMN_NUMBER },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "host", "HOST", COLUMN_TEXT },
	{ "changes", "CHANGES", COLUMN_NUMBER },
	{ "kept", "KEPT BACK", COLUMN_NUMBER },
	{ "problem", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

static int preview(struct invocation *inv, const struct promotion *p, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(roster_free) struct roster *roster = NULL;

	if (promotion_preview(p, arg_at(inv, 0), &roster, err) < 0)
		return -1;
	for (size_t i = 0; i < roster_count(roster); i++) {
		const struct member *m = roster_at(roster, i);

		table_row(t);
		table_number(t, "wave", (int64_t)m->wave);
		table_text(t, "group", m->place.group->name);
		table_text(t, "host", m->place.host->name);
		if (m->plan) {
			table_number(t, "changes", (int64_t)plan_change_count(m->plan));
			table_number(t, "kept", (int64_t)plan_kept_count(m->plan));
		}
		table_text(t, "problem", m->reason);
	}
	output_table(inv, t, "The environment has no hosts");
	if (!wants_json(inv))
		puts("\nDry run: nothing was changed.");
	return 0;
}

int cmd_promote(struct invocation *inv, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	struct promotion p = { .actor = actor(inv) };
	struct rollout_summary summary;

	if (need_environment(inv, "to", &p.config, &p.environment, err) < 0 ||
		need_store(inv, &p.store, err) < 0)
		return -1;

	CLEANUP(free) char *what = mem_printf("%s to %s", arg_at(inv, 0), p.environment->name);

	watch = watch_new(what);
	p.watch = watch_callbacks(watch);
	if (is_dry_run(inv))
		return preview(inv, &p, err);
	if (promotion_run(&p, arg_at(inv, 0), &summary, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return watch_tell_end(inv, p.environment->name, &summary, err);
}
