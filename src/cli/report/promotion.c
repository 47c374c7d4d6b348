/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/promotion.h"

#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "present/target.h"
#include "promote/promote.h"
#include "rollout/targets.h"

#include <stdio.h>
#include <stdlib.h>

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
	p->begins_anew = option_is_set(inv, "anew");
	return 0;
}

void promotion_show(const struct invocation *inv, struct targets *targets)
{
	CLEANUP(free) struct target_item *items = target_items(targets);

	output_rows(inv, &target_item_view, items, targets_count(targets),
		"The environment has no hosts");
	if (!wants_json(inv))
		puts("\nDry run: nothing was changed.");
}
