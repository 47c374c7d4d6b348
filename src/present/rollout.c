/* SPDX-License-Identifier: Apache-2.0 */
#include "present/rollout.h"

#include "base/clock.h"

#define ROW(target)  VIA(struct rollout_item, row, target)
#define ITEM(target) AT(struct rollout_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "id",               "ROLLOUT",     FIELD_TEXT,     ROW(id), .prefix = "rollout-" },
	{ "environment",      "ENVIRONMENT", FIELD_TEXT,     ROW(environment) },
	{ "candidate",        "CANDIDATE",   FIELD_TEXT,     ROW(candidate) },
	{ "direction",        "WAY",         FIELD_TEXT,     ROW(direction), .word = direction_name },
	{ "state",            "STATE",       FIELD_TEXT,     ROW(state), .word = rollout_state_name },
	{ "hosts",            "HOSTS",       FIELD_NUMBER,   ITEM(hosts) },
	{ "done",             "DONE",        FIELD_NUMBER,   ITEM(done) },
	{ "failed",           "FAILED",      FIELD_NUMBER,   ITEM(failed) },
	{ "started_at",       "STARTED",     FIELD_TIME,     ROW(started_at) },
	{ "ended_at",         NULL,          FIELD_TIME,     ROW(ended_at) },
	{ "duration_seconds", "TOOK",        FIELD_DURATION, ITEM(duration) },
	{ "started_by",       "BY",          FIELD_TEXT,     ROW(started_by) },
	{ "reason",           NULL,          FIELD_TEXT,     ROW(reason) },
};
/* clang-format on */

const struct view rollout_item_view = VIEW_OF(struct rollout_item, item_fields);

/* A host that went back is done where that was meant. */
static void count_hosts(struct rollout_item *item, const struct rollout_host_rows *hosts)
{
	size_t of[HOST_VERDICT_COUNT] = { 0 };

	for (size_t i = 0; i < hosts->count; i++)
		of[hosts->items[i].verdict]++;
	item->hosts = hosts->count;
	item->done = of[HOST_DONE] + of[HOST_NOTHING_TO_DO];
	item->failed = of[HOST_FAILED] + of[HOST_UNREACHABLE] + of[HOST_UNWELL];
	*(item->row->direction == DIRECTION_BACK ? &item->done : &item->failed) +=
		of[HOST_REVERTED];
}

static int read_item(struct store *store, const struct rollout_row *row, struct rollout_item *out,
	struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	int64_t until = row->ended_at ? row->ended_at : clock_now();

	if (store_rollout_hosts_brief(store, row->id, &hosts, err) < 0)
		return -1;
	*out = (struct rollout_item){ .row = row, .duration = until - row->started_at };
	count_hosts(out, &hosts);
	return 0;
}

int rollout_items_read(struct store *store, const char *environment, size_t limit,
	struct rollout_rows *rows, struct view_rows *out, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows items = { 0 };

	if (store_rollouts(store, environment, limit, rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		struct rollout_item item;

		if (read_item(store, &rows->items[i], &item, err) < 0)
			return -1;
		view_rows_take(&items, &rollout_item_view, &item);
	}
	*out = STEAL(&items);
	return 0;
}
