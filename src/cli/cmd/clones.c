/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/clone.h"

#include <stdio.h>
#include <stdlib.h>

static int list_orphans(struct invocation *inv, struct error *err)
{
	CLEANUP(orphans_done) struct orphans found = { 0 };
	CLEANUP(free) struct orphan_item *items = NULL;
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		clone_orphans(config, store, &found, err) < 0)
		return -1;
	items = mem_new(found.count, sizeof *items);
	for (size_t i = 0; i < found.count; i++)
		items[i] = orphan_item_of(&found.items[i]);
	output_rows(inv, &orphan_item_view, items, found.count,
		"Providers hold exactly the clones that are known here");
	for (size_t i = 0; i < found.unasked_count; i++)
		fprintf(stderr, "patchline clones: not asked: %s\n", found.unasked[i]);
	if (found.unasked_count)
		return error_set(err, ERR_UNREACHABLE, "%zu of the providers could not be asked",
			found.unasked_count);
	return 0;
}

int cmd_clones(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows clones = { 0 };
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };
	bool is_expired = option_is_set(inv, "expired");
	struct store *store = NULL;

	if (option_is_set(inv, "orphaned"))
		return list_orphans(inv, err);
	if (need_store(inv, &store, err) < 0 ||
		store_clones(store, NULL, option_is_set(inv, "all"), &rows, err) < 0)
		return -1;
	clones = clone_items_of(&rows, is_expired);
	output_rows(inv, &clone_item_view, clones.items, clones.count,
		is_expired ? "No clone has expired" : "There are no clones");
	return 0;
}
