/* SPDX-License-Identifier: Apache-2.0 */
#include "present/configuration.h"

#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"
#include "store/configuration.h"

#include <stdio.h>

/* For people the text alone: it is a configuration file again. */
int show_configuration(struct invocation *inv, const char *prefix, struct error *err)
{
	CLEANUP(configuration_row_done) struct configuration_row row = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_configuration_find(store, prefix, &row, err) < 0)
		return -1;
	if (wants_json(inv))
		output_row(inv, &configuration_row_view, &row);
	else
		fputs(row.content, stdout);
	return 0;
}
