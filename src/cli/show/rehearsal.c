/* SPDX-License-Identifier: Apache-2.0 */
#include "present/rehearsal.h"

#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"

int show_rehearsal(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(rehearsal_card_done) struct rehearsal_card card = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		rehearsal_card_read(store, rehearsal_number(id), &card, err) < 0)
		return -1;
	output_row(inv, &rehearsal_card_view, &card);
	return 0;
}
