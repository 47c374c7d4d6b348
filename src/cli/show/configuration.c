/* SPDX-License-Identifier: Apache-2.0 */
#include "store/configuration.h"

#include "base/jvalue.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"

#include <stdio.h>

/* For people the text alone: it is a configuration file again. */
int show_configuration(struct invocation *inv, const char *prefix, struct error *err)
{
	CLEANUP(configuration_row_done) struct configuration_row row = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_configuration_find(store, prefix, &row, err) < 0)
		return -1;
	if (!wants_json(inv)) {
		fputs(row.content, stdout);
		return 0;
	}

	struct jvalue *told = jvalue_object();

	jvalue_set_string(told, "kind", "configuration");
	jvalue_set_string(told, "sha256", row.sha256);
	jvalue_set_time(told, "first_seen_at", row.first_seen_at);
	jvalue_set_string(told, "text", row.content);
	output_json(told);
	return 0;
}
