/* SPDX-License-Identifier: Apache-2.0 */
#include "present/environment.h"

#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"
#include "model/config.h"

int show_environment(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(environment_card_done) struct environment_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (is_clone_name(id))
		return show_clone(inv, id, err);
	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		environment_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &environment_card_view, &card);
	return 0;
}
