/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "store/set.h"

static const struct column columns[] = {
	{ "digest", "SET", COLUMN_DIGEST },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "packages", "PACKAGES", COLUMN_NUMBER },
	{ "size", "SIZE", COLUMN_SIZE },
	{ "created_at", "FROZEN", COLUMN_TIME },
	{ "created_by", "BY", COLUMN_TEXT },
	{ 0 },
};

int cmd_sets(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 || store_sets(store, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct set_row *row = &rows.items[i];

		table_row(t);
		table_text(t, "digest", row->digest);
		table_text(t, "release", row->release);
		table_number(t, "packages", row->package_count);
		table_number(t, "size", row->total_size);
		table_number(t, "created_at", row->created_at);
		table_text(t, "created_by", row->created_by);
	}
	output_table(inv, t, "No set was frozen yet: patchline freeze RELEASE");
	return 0;
}
