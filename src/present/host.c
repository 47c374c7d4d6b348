/* SPDX-License-Identifier: Apache-2.0 */
#include "present/host.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/topology.h"

#include <stdlib.h>
#include <string.h>

#define SEEN(target) VIA(struct host_item, seen, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "name",            "HOST",        FIELD_TEXT,   VIA(struct host_item, at.host, name) },
	{ "environment",     "ENVIRONMENT", FIELD_TEXT,   VIA(struct host_item, at.environment, name) },
	{ "group",           "GROUP",       FIELD_TEXT,   VIA(struct host_item, at.group, name) },
	{ "address",         NULL,          FIELD_TEXT,   VIA(struct host_item, at.host, address) },
	{ "platform",        "PLATFORM",    FIELD_TEXT,   SEEN(platform), .empty = NULL_IF_EMPTY },
	{ "release",         "RELEASE",     FIELD_TEXT,   SEEN(release), .empty = NULL_IF_NONE },
	{ "state",           "STATE",       FIELD_DIGEST, SEEN(state), .empty = NULL_IF_NONE },
	{ "reboot_required", "REBOOT",      FIELD_FLAG,   AT(struct host_item, reboot_required), .empty = NULL_IF_NONE },
	{ "scanned_at",      "SCANNED",     FIELD_TIME,   SEEN(scanned_at) },
	{ "error_kind",      NULL,          FIELD_TEXT,   SEEN(error_kind), .empty = NULL_IF_NONE },
	{ "error",           "PROBLEM",     FIELD_PROSE,  SEEN(error), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view host_item_view = VIEW_OF(struct host_item, item_fields);

static int host_by_name(const void *a, const void *b)
{
	return strcmp(((const struct host_row *)a)->name, ((const struct host_row *)b)->name);
}

static int64_t find_reboot(const struct host_row *row)
{
	CLEANUP(jvalue_free) struct jvalue *facts = NULL;
	struct error ignored;

	if (!row || !row->scanned_at ||
		jvalue_parse(row->facts, strlen(row->facts), &facts, &ignored) < 0)
		return NOTHING;
	return jvalue_bool(facts, "reboot_required", false);
}

static const struct host_row *host_last_seen(const struct host_rows *rows, const char *name)
{
	const struct host_row wanted = { .name = name };

	return rows->count ? bsearch(&wanted, rows->items, rows->count, sizeof wanted, host_by_name)
			   : NULL;
}

int host_items_read(const struct topology *t, const struct environment *e, struct store *store,
	struct host_rows *seen, struct view_rows *out, struct error *err)
{
	struct view_rows items = { 0 };

	if (store_hosts(store, NULL, seen, err) < 0)
		return -1;
	if (seen->count)
		qsort(seen->items, seen->count, sizeof *seen->items, host_by_name);
	for (struct place at = { 0 };
		e ? environment_next_host(e, &at) : config_next_host(t->config, &at);) {
		const struct host_row *row = host_last_seen(seen, at.host->name);

		view_rows_take(
			&items, &host_item_view, &(struct host_item){ at, row, find_reboot(row) });
	}
	*out = items;
	return 0;
}
