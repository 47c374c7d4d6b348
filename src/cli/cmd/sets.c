/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/set.h"
#include "store/set.h"

int cmd_sets(struct invocation *inv, struct error *err)
{
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 || store_sets(store, &rows, err) < 0)
		return -1;
	output_rows(inv, &set_row_view, rows.items, rows.count,
		"No set was frozen yet: patchline freeze RELEASE");
	return 0;
}
