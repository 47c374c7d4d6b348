/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/topology.h"
#include "store/rollout.h"

#define LIMIT_DEFAULT "20"
#define LIMIT_MAX     1000000

static const struct column columns[] = {
	{ "id", "ROLLOUT", COLUMN_TEXT },
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "direction", "WAY", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "hosts", "HOSTS", COLUMN_NUMBER },
	{ "done", "DONE", COLUMN_NUMBER },
	{ "failed", "FAILED", COLUMN_NUMBER },
	{ "started_at", "STARTED", COLUMN_TIME },
	{ "ended_at", NULL, COLUMN_TIME },
	{ "duration_seconds", "TOOK", COLUMN_DURATION },
	{ "started_by", "BY", COLUMN_TEXT },
	{ "reason", NULL, COLUMN_TEXT },
	{ 0 },
};

/* A host that went back is done where that was meant. */
static void count_hosts(
	struct table *t, enum direction direction, const struct rollout_host_rows *hosts)
{
	size_t of[HOST_VERDICT_COUNT] = { 0 };

	for (size_t i = 0; i < hosts->count; i++)
		of[hosts->items[i].verdict]++;

	size_t done = of[HOST_DONE] + of[HOST_NOTHING_TO_DO];
	size_t failed = of[HOST_FAILED] + of[HOST_UNREACHABLE];

	*(direction == DIRECTION_BACK ? &done : &failed) += of[HOST_REVERTED];
	table_number(t, "hosts", (int64_t)hosts->count);
	table_number(t, "done", (int64_t)done);
	table_number(t, "failed", (int64_t)failed);
}

static int add_rollout(
	struct table *t, struct store *store, const struct rollout_row *row, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)row->id);
	int64_t until = row->ended_at ? row->ended_at : clock_now();

	if (store_rollout_hosts(store, row->id, &hosts, err) < 0)
		return -1;
	table_row(t);
	table_text(t, "id", id);
	table_text(t, "environment", row->environment);
	table_text(t, "candidate", row->candidate);
	table_text(t, "direction", direction_name(row->direction));
	table_text(t, "state", rollout_state_name(row->state));
	count_hosts(t, row->direction, &hosts);
	table_number(t, "started_at", row->started_at);
	table_number(t, "ended_at", row->ended_at);
	table_number(t, "duration_seconds", until - row->started_at);
	table_text(t, "started_by", row->started_by);
	table_text(t, "reason", row->reason);
	return 0;
}

static int read_words(
	struct invocation *inv, const char **environment, unsigned *limit, struct error *err)
{
	const char *text = option_value(inv, "limit");
	const struct topology *t = NULL;

	*environment = option_value(inv, "env");
	if (!str_number(text ? text : LIMIT_DEFAULT, LIMIT_MAX, limit, NULL))
		return error_set(err, ERR_USAGE, "--limit wants a number, not '%.40s'", text);
	if (need_topology(inv, &t, err) < 0)
		return -1;
	if (*environment && !topology_environment(t, *environment))
		return error_set(err, ERR_NOT_FOUND, "there is no environment '%.60s' in '%s'",
			*environment, t->config->path);
	return 0;
}

int cmd_rollouts(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };
	const char *environment = NULL;
	struct store *store = NULL;
	unsigned limit = 0;

	if (read_words(inv, &environment, &limit, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_rollouts(store, environment, limit, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (add_rollout(t, store, &rows.items[i], err) < 0)
			return -1;
	}
	output_table(inv, t, "No rollout has started yet: patchline promote CANDIDATE --to ENV");
	return 0;
}
