/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask/clone_choice.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"

static int tell_others(struct store *store, const char *name, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };
	CLEANUP(str_done) struct str known = { 0 };

	if (store_clones(store, NULL, false, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		str_addf(&known, "%s%s", i ? ", " : "; there are ", rows.items[i].name);
	return error_set(err, ERR_NOT_FOUND, "there is no clone '%.80s'%s", name,
		known.size ? str_text(&known) : "; there is none at all");
}

int need_clone(
	struct invocation *inv, const char *name, struct clone_choice *out, struct error *err)
{
	const struct config *config = NULL;
	struct store *store = NULL;
	struct clone_row row = { 0 };

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	if (store_clone_find(store, name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? tell_others(store, name, err) : -1;
	*out = (struct clone_choice){
		.cloning = { .config = config, .store = store, .actor = actor(inv) },
		.row = row,
		.gone = { .name = row.environment },
	};
	out->cloning.environment = config_environment(config, row.environment);
	if (!out->cloning.environment)
		out->cloning.environment = &out->gone;
	return 0;
}

void clone_choice_done(struct clone_choice *choice)
{
	clone_row_done(&choice->row);
}
