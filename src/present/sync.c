/* SPDX-License-Identifier: Apache-2.0 */
#include "present/sync.h"

#include "base/error.h"
#include "base/mem.h"

#define ITEM(target) AT(struct sync_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "source",     "SOURCE",  FIELD_TEXT,   VIA(struct sync_item, outcome, source) },
	{ "is_good",    "GOOD",    FIELD_FLAG,   ITEM(is_good) },
	{ "suites",     "SUITES",  FIELD_NUMBER, ITEM(suites), .empty = NULL_IF_NONE },
	{ "indexes",    "INDEXES", FIELD_NUMBER, ITEM(indexes), .empty = NULL_IF_NONE },
	{ "fetched",    "FETCHED", FIELD_NUMBER, ITEM(fetched), .empty = NULL_IF_NONE },
	{ "is_expired", "EXPIRED", FIELD_FLAG,   ITEM(is_expired), .empty = NULL_IF_NONE },
	{ "error_kind", NULL,      FIELD_TEXT,   ITEM(error_kind), .empty = NULL_IF_NONE },
	{ "error",      "PROBLEM", FIELD_PROSE,  ITEM(error), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view sync_item_view = VIEW_OF(struct sync_item, item_fields);

static struct sync_item describe_outcome(const struct sync_outcome *o)
{
	if (o->error.kind != ERR_NONE)
		return (struct sync_item){ o, false, NOTHING, NOTHING, NOTHING, NOTHING,
			error_kind_name(o->error.kind), o->error.text };
	return (struct sync_item){
		.outcome = o,
		.is_good = true,
		.suites = (int64_t)o->suites,
		.indexes = (int64_t)o->indexes,
		.fetched = (int64_t)o->fetched,
		.is_expired = o->is_expired,
	};
}

struct sync_item *sync_items(const struct sync_report *report)
{
	struct sync_item *items = mem_new(report->count, sizeof *items);

	for (size_t i = 0; i < report->count; i++)
		items[i] = describe_outcome(&report->outcomes[i]);
	return items;
}
