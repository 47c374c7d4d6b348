/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/topology.h"
#include "store/host.h"

#include <stdlib.h>
#include <string.h>

static const struct column columns[] = {
	{ "name", "HOST", COLUMN_TEXT },
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "address", NULL, COLUMN_TEXT },
	{ "platform", "PLATFORM", COLUMN_TEXT },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "state", "STATE", COLUMN_DIGEST },
	{ "reboot_required", "REBOOT", COLUMN_FLAG },
	{ "scanned_at", "SCANNED", COLUMN_TIME },
	{ "error_kind", NULL, COLUMN_TEXT },
	{ "error", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct host_row *)a)->name, ((const struct host_row *)b)->name);
}

static const struct host_row *find(const struct host_rows *rows, const char *name)
{
	struct host_row wanted = { .name = name };

	return rows->count
		       ? bsearch(&wanted, rows->items, rows->count, sizeof *rows->items, by_name)
		       : NULL;
}

static void add_seen(struct table *t, const struct host_row *row)
{
	CLEANUP(jvalue_free) struct jvalue *facts = NULL;
	struct error ignored;

	table_text(t, "platform", *row->platform ? row->platform : NULL);
	table_text(t, "release", row->release);
	table_text(t, "state", row->state);
	table_number(t, "scanned_at", row->scanned_at);
	table_text(t, "error_kind", row->error_kind);
	table_text(t, "error", row->error);
	if (row->scanned_at && jvalue_parse(row->facts, strlen(row->facts), &facts, &ignored) == 0)
		table_number(t, "reboot_required", jvalue_bool(facts, "reboot_required", false));
}

static void add_host(struct table *t, const struct host_rows *rows, const struct place *at)
{
	const struct host_row *row = find(rows, at->host->name);

	table_row(t);
	table_text(t, "name", at->host->name);
	table_text(t, "environment", at->environment->name);
	table_text(t, "group", at->group->name);
	table_text(t, "address", at->host->address);
	if (row)
		add_seen(t, row);
}

int cmd_hosts(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(host_rows_done) struct host_rows rows = { 0 };
	const char *only = arg_at(inv, 0);
	const struct environment *e = NULL;
	const struct topology *topology = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	e = only ? topology_environment(topology, only) : NULL;
	if (only && !e)
		return error_set(err, ERR_NOT_FOUND, "there is no environment '%.60s' in '%s'",
			only, topology->config->path);
	if (store_hosts(store, NULL, &rows, err) < 0)
		return -1;
	if (rows.count)
		qsort(rows.items, rows.count, sizeof *rows.items, by_name);
	for (struct place at = { 0 };
		e ? environment_next_host(e, &at) : config_next_host(topology->config, &at);)
		add_host(t, &rows, &at);
	output_table(inv, t, "The configuration has no hosts");
	return 0;
}
