/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/candidate.h"

int cmd_candidates(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows found = { 0 };
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	const struct topology *topology = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &store, err) < 0 ||
		candidate_items_read(topology, arg_at(inv, 0), store, &rows, &found, err) < 0)
		return -1;
	output_rows(inv, &candidate_item_view, found.items, found.count,
		"No candidate was made yet: patchline freeze RELEASE");
	return 0;
}
