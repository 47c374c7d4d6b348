/* SPDX-License-Identifier: Apache-2.0 */
#include "present/sync.h"

#include "base/error.h"
#include "present/source.h"

#define ITEM(target) AT(struct sync_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "source",     "SOURCE",  FIELD_TEXT,   VIA(struct sync_item, outcome, source) },
	{ "is_good",    "GOOD",    FIELD_FLAG,   ITEM(is_good) },
	{ "suites",     "SUITES",  FIELD_NUMBER, ITEM(suites), .empty = NULL_IF_NONE },
	{ "indexes",    "INDEXES", FIELD_NUMBER, ITEM(indexes), .empty = NULL_IF_NONE },
	{ "fetched",    "FETCHED", FIELD_NUMBER, ITEM(fetched), .empty = NULL_IF_NONE },
	{ "is_expired", "EXPIRED", FIELD_FLAG,   ITEM(is_expired), .empty = NULL_IF_NONE },
	{ "left_out",   NULL,      FIELD_NUMBER, ITEM(left_out) },
	{ "unread",     NULL,      FIELD_LIST,   LIST_AT(struct sync_item, unread), .view = &unread_stanza_view },
	{ "error_kind", NULL,      FIELD_TEXT,   ITEM(error_kind), .empty = NULL_IF_NONE },
	{ "error",      "PROBLEM", FIELD_PROSE,  ITEM(error), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view sync_item_view = VIEW_OF(struct sync_item, item_fields);

static struct sync_item describe_outcome(const struct sync_outcome *o)
{
	if (o->error.kind != ERR_NONE)
		return (struct sync_item){
			.outcome = o,
			.suites = NOTHING,
			.indexes = NOTHING,
			.fetched = NOTHING,
			.is_expired = NOTHING,
			.error_kind = error_kind_name(o->error.kind),
			.error = o->error.text,
		};
	return (struct sync_item){
		.outcome = o,
		.is_good = true,
		.suites = (int64_t)o->suites,
		.indexes = (int64_t)o->indexes,
		.fetched = (int64_t)o->fetched,
		.is_expired = o->is_expired,
	};
}

void sync_items(const struct sync_report *report, const struct unread_stanzas *unread,
	struct view_rows *out)
{
	for (size_t i = 0; i < report->count; i++) {
		struct sync_item item = describe_outcome(&report->outcomes[i]);

		item.left_out = unread_of(unread, item.outcome->source, &item.unread);
		view_rows_take(out, &sync_item_view, &item);
	}
}
