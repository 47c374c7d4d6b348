/* SPDX-License-Identifier: Apache-2.0 */
#include "present/candidate.h"

#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"

int show_candidate(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(candidate_card_done) struct candidate_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		candidate_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &candidate_card_view, &card);
	return 0;
}
