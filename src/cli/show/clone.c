/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"
#include "present/clone_card.h"

int show_clone(struct invocation *inv, const char *name, struct error *err)
{
	CLEANUP(clone_card_done) struct clone_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		clone_card_read(c, store, name, &card, err) < 0)
		return -1;
	output_row(inv, &clone_card_view, &card);
	return 0;
}
