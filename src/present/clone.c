/* SPDX-License-Identifier: Apache-2.0 */
#include "present/clone.h"

#include "base/clock.h"

#define ROW(target)     VIA(struct clone_item, row, target)
#define ORPHAN(target)  AT(struct orphan_item, target)
#define AREA(target)    AT(struct coverage_area, target)
#define MADE(target)    VIA(struct clone_answer, row, target)
#define REMOVED(target) OWNED(struct removed_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "name",        "CLONE",     FIELD_TEXT,   ROW(name) },
	{ "environment", NULL,        FIELD_TEXT,   ROW(environment) },
	{ "state",       "STATE",     FIELD_TEXT,   ROW(state), .word = clone_state_name },
	{ "provider",    "PROVIDER",  FIELD_TEXT,   ROW(provider) },
	{ "release",     "RELEASE",   FIELD_TEXT,   ROW(release), .empty = NULL_IF_NONE },
	{ "set",         NULL,        FIELD_DIGEST, ROW(set), .empty = NULL_IF_NONE },
	{ "candidate",   "CANDIDATE", FIELD_TEXT,   ROW(candidate), .empty = NULL_IF_NONE },
	{ "created_at",  "MADE",      FIELD_TIME,   ROW(created_at) },
	{ "created_by",  "BY",        FIELD_TEXT,   ROW(created_by) },
	{ "expires_at",  NULL,        FIELD_TIME,   ROW(expires_at) },
	{ "is_expired",  "EXPIRED",   FIELD_FLAG,   AT(struct clone_item, is_expired) },
	{ "reason",      "REASON",    FIELD_PROSE,  ROW(reason) },
};

static const struct field orphan_fields[] = {
	{ "name",     "CLONE",    FIELD_TEXT,  ORPHAN(name) },
	{ "provider", "PROVIDER", FIELD_TEXT,  ORPHAN(provider) },
	{ "installation", NULL,   FIELD_TEXT,  ORPHAN(maker), .empty = NULL_IF_NONE },
	{ "problem",  "PROBLEM",  FIELD_PROSE, ORPHAN(problem) },
};

static const struct field area_fields[] = {
	{ "host",    "HOST",   FIELD_TEXT,  AREA(host) },
	{ "path",    "PATH",   FIELD_TEXT,  AREA(path) },
	{ "kind",    "KIND",   FIELD_TEXT,  AREA(kind) },
	{ "covered", "COPIED", FIELD_FLAG,  AREA(is_covered) },
	{ "why",     "REMARK", FIELD_PROSE, AREA(why), .empty = NULL_IF_NONE },
};

static const struct field removed_fields[] = {
	{ "clone",      "CLONE",    FIELD_TEXT,  REMOVED(clone) },
	{ "provider",   "PROVIDER", FIELD_TEXT,  REMOVED(provider), .empty = NULL_IF_NONE },
	{ "is_removed", "REMOVED",  FIELD_FLAG,  AT(struct removed_item, is_removed) },
	{ "problem",    "PROBLEM",  FIELD_PROSE, REMOVED(problem), .empty = NULL_IF_NONE },
};

const struct view clone_item_view = VIEW_OF(struct clone_item, item_fields);
const struct view orphan_item_view = VIEW_OF(struct orphan_item, orphan_fields);
const struct view coverage_area_view = VIEW_OF(struct coverage_area, area_fields);
const struct view removed_item_view = VIEW_OF(struct removed_item, removed_fields);

static const struct field answer_fields[] = {
	{ "environment", NULL, FIELD_TEXT, AT(struct clone_answer, environment) },
	{ "clone",       NULL, FIELD_TEXT, MADE(name), .empty = NULL_IF_NONE },
	{ "state",       NULL, FIELD_TEXT, MADE(state), .word = clone_state_name, .empty = NULL_IF_NONE },
	{ "expires_at",  NULL, FIELD_TIME, MADE(expires_at) },
	{ "taken",       NULL, FIELD_JSON, AT(struct clone_answer, taken) },
	{ "coverage",    NULL, FIELD_LIST, LIST_OF(struct clone_answer, coverage.areas, coverage.count), .view = &coverage_area_view },
};
/* clang-format on */

const struct view clone_answer_view = VIEW_OF(struct clone_answer, answer_fields);

bool clone_is_expired(const struct clone_row *row)
{
	bool is_way_back = row->state == CLONE_SWAPPED || row->state == CLONE_SWAPPING ||
			   row->state == CLONE_RETURNING;

	return row->state != CLONE_REMOVED && !is_way_back && row->expires_at &&
	       row->expires_at <= clock_now();
}

struct view_rows clone_items_of(const struct clone_rows *rows, bool only_expired)
{
	struct view_rows items = { 0 };

	for (size_t i = 0; i < rows->count; i++) {
		const struct clone_row *row = &rows->items[i];
		const struct clone_item item = { row, clone_is_expired(row) };

		if (item.is_expired || !only_expired)
			view_rows_take(&items, &clone_item_view, &item);
	}
	return items;
}

struct orphan_item orphan_item_of(const struct orphan *o)
{
	return (struct orphan_item){
		.name = o->is_known ? o->clone : o->name,
		.provider = o->provider,
		.maker = o->maker,
		.problem = o->is_known ? "its machines are gone"
			   : *o->maker ? "another installation made it, or an earlier one here"
				       : "the provider holds it, and nothing here tells of it",
	};
}
