/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/indexes.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/check/check.h"
#include "model/config.h"
#include "present/source.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdlib.h>

static void tell_unread(
	struct checks *c, const struct source *source, const struct unread_stanzas *unread)
{
	CLEANUP(view_rows_done) struct view_rows rows = { 0 };
	int64_t count = unread_of(unread, source->name, &rows);
	const struct unread_stanza *first = rows.items;

	if (!count)
		return;

	CLEANUP(free)
	char *what = mem_printf("%" PRId64 " %s cannot be read and left out; the first: %s: %s",
		count, count == 1 ? "stanza" : "stanzas", first->index, first->reason);
	CLEANUP(free)
	char *todo = mem_printf(
		"tell who publishes it; 'patchline show %s' names them, and nothing of them is planned with",
		source->name);

	checks_add(c, &(struct check_item){ CHECK_WARNING, "source", source->name, what, todo });
}

void check_indexes(struct checks *c, const struct config *config)
{
	CLEANUP(store_close) struct store *store = NULL;
	struct error err;

	if (store_open(config->state, &store, &err) < 0)
		return; /* check_state() tells it */
	for (size_t i = 0; i < config->source_count; i++) {
		const struct source *source = &config->sources[i];
		CLEANUP(unread_stanzas_done) struct unread_stanzas unread = { 0 };

		if (indexes_unread(config, store, source->name, &unread, &err) == 0)
			tell_unread(c, source, &unread);
		else
			checks_add(c,
				&(struct check_item){ CHECK_WRONG, "source", source->name, err.text,
					"'patchline sync' fetches its indexes again" });
	}
}
