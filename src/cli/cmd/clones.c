/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/ask/clone_choice.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "name", "CLONE", COLUMN_TEXT },
	{ "environment", NULL, COLUMN_TEXT },
	{ "state", "STATE", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "set", NULL, COLUMN_DIGEST },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "created_at", "MADE", COLUMN_TIME },
	{ "created_by", "BY", COLUMN_TEXT },
	{ "expires_at", NULL, COLUMN_TIME },
	{ "is_expired", "EXPIRED", COLUMN_FLAG },
	{ "reason", "REASON", COLUMN_PROSE },
	{ 0 },
};

static const struct column orphan_columns[] = {
	{ "name", "CLONE", COLUMN_TEXT },
	{ "provider", "PROVIDER", COLUMN_TEXT },
	{ "problem", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

static void add(struct table *t, const struct clone_row *row)
{
	table_row(t);
	table_text(t, "name", row->name);
	table_text(t, "environment", row->environment);
	table_text(t, "state", clone_state_name(row->state));
	table_text(t, "provider", row->provider);
	table_text(t, "release", row->release);
	table_text(t, "set", row->set);
	table_text(t, "candidate", row->candidate);
	table_number(t, "created_at", row->created_at);
	table_text(t, "created_by", row->created_by);
	table_number(t, "expires_at", row->expires_at);
	table_number(t, "is_expired", clone_is_expired(row));
	table_text(t, "reason", row->reason);
}

static int list_orphans(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(orphan_columns);
	CLEANUP(orphans_done) struct orphans found = { 0 };
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		clone_orphans(config, store, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		const struct orphan *o = &found.items[i];

		table_row(t);
		table_text(t, "name", o->is_known ? o->clone : o->name);
		table_text(t, "provider", o->provider);
		table_text(t, "problem",
			o->is_known ? "its machines are gone"
				    : "the provider holds it, and nothing here tells of it");
	}
	output_table(inv, t, "Providers hold exactly the clones that are known here");
	for (size_t i = 0; i < found.unasked_count; i++)
		fprintf(stderr, "patchline clones: not asked: %s\n", found.unasked[i]);
	if (found.unasked_count)
		return error_set(err, ERR_UNREACHABLE, "%zu of the providers could not be asked",
			found.unasked_count);
	return 0;
}

int cmd_clones(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };
	bool is_expired = option_is_set(inv, "expired");
	struct store *store = NULL;

	if (option_is_set(inv, "orphaned"))
		return list_orphans(inv, err);
	if (need_store(inv, &store, err) < 0 ||
		store_clones(store, NULL, option_is_set(inv, "all"), &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (!is_expired || clone_is_expired(&rows.items[i]))
			add(t, &rows.items[i]);
	}
	output_table(inv, t, is_expired ? "No clone has expired" : "There are no clones");
	return 0;
}
