/* SPDX-License-Identifier: Apache-2.0 */
#include "present/set.h"

#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"

int show_set(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(set_card_done) struct set_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		set_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &set_card_view, &card);
	return 0;
}
