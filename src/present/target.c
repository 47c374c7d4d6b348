/* SPDX-License-Identifier: Apache-2.0 */
#include "present/target.h"

#include "base/mem.h"
#include "model/group.h"
#include "plan/plan.h"
#include "rollout/rollback.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"

#include <stdlib.h>

#define ITEM(target_) AT(struct target_item, target_)
#define UNDO(target)  OWNED(struct undo_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "wave",    "WAVE",      FIELD_NUMBER, VIA(struct target_item, target, wave) },
	{ "group",   "GROUP",     FIELD_TEXT,   ITEM(group) },
	{ "host",    "HOST",      FIELD_TEXT,   ITEM(host) },
	{ "changes", "CHANGES",   FIELD_NUMBER, ITEM(changes), .empty = NULL_IF_NONE },
	{ "kept",    "KEPT BACK", FIELD_NUMBER, ITEM(kept), .empty = NULL_IF_NONE },
	{ "problem", "PROBLEM",   FIELD_PROSE,  VIA(struct target_item, target, reason), .empty = NULL_IF_NONE },
};

static const struct field undo_fields[] = {
	{ "rollout",  "UNDOES",   FIELD_TEXT,   AT(struct undo_item, rollout), .prefix = "rollout-" },
	{ "wave",     "WAVE",     FIELD_NUMBER, AT(struct undo_item, wave) },
	{ "group",    "GROUP",    FIELD_TEXT,   UNDO(group) },
	{ "host",     "HOST",     FIELD_TEXT,   UNDO(host) },
	{ "way_back", "WAY BACK", FIELD_TEXT,   UNDO(way), .empty = NULL_IF_NONE },
	{ "problem",  "PROBLEM",  FIELD_PROSE,  UNDO(problem) },
};
/* clang-format on */

const struct view target_item_view = VIEW_OF(struct target_item, item_fields);
const struct view undo_item_view = VIEW_OF(struct undo_item, undo_fields);

struct target_item *target_items(struct targets *targets)
{
	struct target_item *items = mem_new(targets_count(targets), sizeof *items);

	for (size_t i = 0; i < targets_count(targets); i++) {
		const struct rollout_target *m = targets_at(targets, i);

		items[i] = (struct target_item){
			.target = m,
			.group = m->place.group->name,
			.host = m->place.host->name,
			.changes = m->plan ? (int64_t)plan_change_count(m->plan) : NOTHING,
			.kept = m->plan ? (int64_t)plan_kept_count(m->plan) : NOTHING,
		};
	}
	return items;
}

void undo_items_add(struct view_rows *u, int64_t rollout, const struct rollback_preview *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct rollback_host *host = &plan->hosts[i];
		CLEANUP(free) char *way = host->way ? way_back_words(host->way) : NULL;

		view_rows_copy(u, &undo_item_view,
			&(struct undo_item){ rollout, host->wave, host->group, host->host, way,
				host->lack.kind == ERR_NONE ? "" : host->lack.text });
	}
}
