/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/promotion.h"

#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "plan/plan.h"
#include "promote/promote.h"
#include "rollout/roster.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "wave", "WAVE", COLUMN_NUMBER },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "host", "HOST", COLUMN_TEXT },
	{ "changes", "CHANGES", COLUMN_NUMBER },
	{ "kept", "KEPT BACK", COLUMN_NUMBER },
	{ "problem", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

int promotion_begin(
	struct invocation *inv, struct promotion *p, struct watch **watch, struct error *err)
{
	if (need_environment(inv, "to", &p->config, &p->environment, err) < 0 ||
		need_store(inv, &p->store, err) < 0)
		return -1;

	CLEANUP(free) char *what = mem_printf("%s to %s", arg_at(inv, 0), p->environment->name);

	*watch = watch_new(what);
	p->watch = watch_callbacks(*watch);
	p->actor = actor(inv);
	p->waiver = option_value(inv, "without-way-back");
	return 0;
}

void promotion_show(const struct invocation *inv, struct roster *roster)
{
	CLEANUP(table_free) struct table *t = table_new(columns);

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
}
