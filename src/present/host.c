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

static void host_add(struct host_items *h, const struct place *at)
{
	const struct host_row wanted = { .name = at->host->name };
	const struct host_row *seen = h->rows.count ? bsearch(&wanted, h->rows.items, h->rows.count,
							      sizeof wanted, host_by_name)
						    : NULL;

	h->items[h->count++] = (struct host_item){ *at, seen, find_reboot(seen) };
}

int host_items_read(const struct topology *t, const struct environment *e, struct store *store,
	struct host_items *out, struct error *err)
{
	struct host_items h = { 0 };

	if (store_hosts(store, NULL, &h.rows, err) < 0)
		return -1;
	if (h.rows.count)
		qsort(h.rows.items, h.rows.count, sizeof *h.rows.items, host_by_name);
	h.items = mem_new(
		e ? environment_host_count(e) : config_host_count(t->config), sizeof *h.items);
	for (struct place at = { 0 };
		e ? environment_next_host(e, &at) : config_next_host(t->config, &at);)
		host_add(&h, &at);
	*out = h;
	return 0;
}

void host_items_done(struct host_items *h)
{
	host_rows_done(&h->rows);
	free(h->items);
	*h = (struct host_items){ 0 };
}
