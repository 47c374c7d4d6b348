/* SPDX-License-Identifier: Apache-2.0 */
#include "present/scan.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "model/package_manager.h"

#define ITEM(target) AT(struct scan_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "host",        "HOST",        FIELD_TEXT,   ITEM(host) },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,   ITEM(environment) },
	{ "group",       "GROUP",       FIELD_TEXT,   ITEM(group) },
	{ "platform",    "PLATFORM",    FIELD_TEXT,   ITEM(platform), .empty = NULL_IF_NONE },
	{ "packages",    "PACKAGES",    FIELD_NUMBER, ITEM(packages), .empty = NULL_IF_NONE },
	{ "release",     "RELEASE",     FIELD_TEXT,   ITEM(release), .empty = NULL_IF_NONE },
	{ "state",       "STATE",       FIELD_DIGEST, ITEM(state), .empty = NULL_IF_NONE },
	{ "elapsed_ms",  NULL,          FIELD_NUMBER, ITEM(elapsed_ms), .empty = NULL_IF_NONE },
	{ "is_gone",     NULL,          FIELD_FLAG,   ITEM(is_gone), .empty = NULL_IF_NONE },
	{ "error_kind",  NULL,          FIELD_TEXT,   ITEM(error_kind), .empty = NULL_IF_NONE },
	{ "error",       "PROBLEM",     FIELD_PROSE,  OWNED(struct scan_item, error), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view scan_item_view = VIEW_OF(struct scan_item, item_fields);

/* What is wrong with the host's packages, by their names; NULL when nothing is. Owned by the caller. */
static char *describe_damage(const struct hoststate *state, const char *audit)
{
	CLEANUP(str_done) struct str names = { 0 };

	if (!*audit)
		return NULL;
	for (size_t i = 0; i < hoststate_count(state); i++) {
		const struct installed *p = hoststate_at(state, i);

		if (p->is_broken)
			str_addf(&names, "%s%s %s", names.size ? ", " : "", p->name, p->version);
	}
	if (!names.size)
		str_addf(&names, "see there: %s",
			package_manager_of(hoststate_platform(state))->audit);
	return mem_printf("its packages are not consistent: %s", str_text(&names));
}

static void add_scan_packages(struct scan_item *item, const struct inventory *inventory)
{
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	struct error ignored = { 0 };
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	if (hoststate_read(text, size, &state, &ignored) < 0)
		return;
	item->packages = (int64_t)hoststate_count(state);
	item->error = describe_damage(state, inventory_facts(inventory)->audit);
}

static struct scan_item describe_host(const struct place *place, const struct scan_target *target)
{
	struct scan_item item = {
		.host = place->host->name,
		.environment = place->environment->name,
		.group = place->group->name,
		.packages = NOTHING,
		.elapsed_ms = target->elapsed_ms,
		.is_gone = NOTHING,
	};

	if (!target->inventory) {
		item.error_kind = error_kind_name(target->error.kind);
		item.error = mem_strdup(target->error.text);
		return item;
	}

	const struct facts *facts = inventory_facts(target->inventory);

	item.platform = facts->platform;
	item.release = facts->release_status == 0 ? facts->release : NULL;
	item.state = inventory_state_digest(target->inventory);
	add_scan_packages(&item, target->inventory);
	return item;
}

static struct scan_item describe_left(const struct host_row *row)
{
	return (struct scan_item){
		.host = row->name,
		.environment = row->environment,
		.group = row->group,
		.packages = NOTHING,
		.elapsed_ms = NOTHING,
		.is_gone = true,
		.error = mem_strdup("is no longer in the configuration: from now on it is history"),
	};
}

struct view_rows scan_items_of(const struct environment_scan *scan, const struct host_rows *left)
{
	struct view_rows items = { 0 };
	struct scan_item item;

	for (size_t i = 0; i < scan->count; i++) {
		item = describe_host(&scan->places[i], &scan->targets[i]);
		view_rows_take(&items, &scan_item_view, &item);
	}
	for (size_t i = 0; i < left->count; i++) {
		item = describe_left(&left->items[i]);
		view_rows_take(&items, &scan_item_view, &item);
	}
	return items;
}
