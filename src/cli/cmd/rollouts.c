/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "model/topology.h"
#include "present/rollout.h"

#define LIMIT_DEFAULT "20"
#define LIMIT_MAX     1000000

static int read_filter(
	struct invocation *inv, const char **environment, unsigned *limit, struct error *err)
{
	const char *text = option_value(inv, "limit");
	const struct topology *t = NULL;

	*environment = option_value(inv, "env");
	if (!str_number(text ? text : LIMIT_DEFAULT, LIMIT_MAX, limit, NULL))
		return error_set(err, ERR_USAGE, "--limit wants a number, not '%.40s'", text);
	if (need_topology(inv, &t, err) < 0)
		return -1;
	if (*environment && !topology_environment(t, *environment))
		return error_set(err, ERR_NOT_FOUND, "there is no environment '%.60s' in '%s'",
			*environment, t->config->path);
	return 0;
}

int cmd_rollouts(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows rollouts = { 0 };
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };
	const char *environment = NULL;
	struct store *store = NULL;
	unsigned limit = 0;

	if (read_filter(inv, &environment, &limit, err) < 0 || need_store(inv, &store, err) < 0 ||
		rollout_items_read(store, environment, limit, &rows, &rollouts, err) < 0)
		return -1;
	output_rows(inv, &rollout_item_view, rollouts.items, rollouts.count,
		"No rollout has started yet: patchline promote CANDIDATE --to ENV");
	return 0;
}
