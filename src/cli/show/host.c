/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"
#include "present/host_card.h"

int show_host(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(host_card_done) struct host_card card = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 || host_card_read(store, id, &card, err) < 0)
		return -1;
	output_row(inv, &host_card_view, &card);
	return 0;
}
