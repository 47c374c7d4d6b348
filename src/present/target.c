/* SPDX-License-Identifier: Apache-2.0 */
#include "present/target.h"

#include "base/mem.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/roster.h"
#include "rollout/undo.h"
#include "rollout/way.h"

#include <stdlib.h>

#define ITEM(member_) AT(struct target_item, member_)
#define UNDO(member)  AT(struct undo_item, member)

/* clang-format off */
static const struct field item_fields[] = {
	{ "wave",    "WAVE",      FIELD_NUMBER, VIA(struct target_item, member, wave) },
	{ "group",   "GROUP",     FIELD_TEXT,   ITEM(group) },
	{ "host",    "HOST",      FIELD_TEXT,   ITEM(host) },
	{ "changes", "CHANGES",   FIELD_NUMBER, ITEM(changes), .empty = NULL_IF_NONE },
	{ "kept",    "KEPT BACK", FIELD_NUMBER, ITEM(kept), .empty = NULL_IF_NONE },
	{ "problem", "PROBLEM",   FIELD_PROSE,  VIA(struct target_item, member, reason), .empty = NULL_IF_NONE },
};

static const struct field undo_fields[] = {
	{ "rollout",  "UNDOES",   FIELD_TEXT,   UNDO(rollout), .prefix = "rollout-" },
	{ "wave",     "WAVE",     FIELD_NUMBER, UNDO(wave) },
	{ "group",    "GROUP",    FIELD_TEXT,   UNDO(group) },
	{ "host",     "HOST",     FIELD_TEXT,   UNDO(host) },
	{ "way_back", "WAY BACK", FIELD_TEXT,   UNDO(way), .empty = NULL_IF_NONE },
	{ "problem",  "PROBLEM",  FIELD_PROSE,  UNDO(problem) },
};
/* clang-format on */

const struct view target_item_view = VIEW_OF(struct target_item, item_fields);
const struct view undo_item_view = VIEW_OF(struct undo_item, undo_fields);

struct target_item *target_items(struct roster *roster)
{
	struct target_item *items = mem_new(roster_count(roster), sizeof *items);

	for (size_t i = 0; i < roster_count(roster); i++) {
		const struct member *m = roster_at(roster, i);

		items[i] = (struct target_item){
			.member = m,
			.group = m->place.group->name,
			.host = m->place.host->name,
			.changes = m->plan ? (int64_t)plan_change_count(m->plan) : NOTHING,
			.kept = m->plan ? (int64_t)plan_kept_count(m->plan) : NOTHING,
		};
	}
	return items;
}

void undo_items_add(struct undo_items *u, int64_t rollout, const struct undo_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct undo_host *host = &plan->hosts[i];

		if (u->count == u->capacity)
			u->items = mem_grow(u->items, &u->capacity, sizeof *u->items);
		u->items[u->count++] = (struct undo_item){
			.rollout = rollout,
			.wave = host->wave,
			.group = mem_strdup(host->group),
			.host = mem_strdup(host->host),
			.way = host->way ? way_words(host->way) : NULL,
			.problem = mem_strdup(host->lack.kind == ERR_NONE ? "" : host->lack.text),
		};
	}
}

void undo_items_done(struct undo_items *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].group);
		free(u->items[i].host);
		free(u->items[i].way);
		free(u->items[i].problem);
	}
	free(u->items);
	*u = (struct undo_items){ 0 };
}
