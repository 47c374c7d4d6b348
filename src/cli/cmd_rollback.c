/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/swapping.h"
#include "model/config.h"
#include "store/environment.h"

#include <inttypes.h>

/* Why there is nothing to put back, from what the environment did last. */
static int refuse(struct store *store, const char *environment, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(store, environment, &row, err) < 0)
		return -1;
	if (row.rollout)
		return error_set(err, ERR_REFUSED,
			"nothing to put back: no clone is swapped in, the last entry of '%s' was "
			"rollout-%" PRId64
			", and packages are not put back by this command. 'patchline show "
			"rollout-%" PRId64 "' says what it changed",
			environment, row.rollout, row.rollout);
	return error_set(err, ERR_REFUSED,
		"nothing to put back: no clone is swapped in, and nothing was rolled out in '%s'",
		environment);
}

static int find_swapped(struct invocation *inv, const struct environment **out, struct error *err)
{
	CLEANUP(free) char *last = NULL;
	const struct environment *e = NULL;
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		find_environment(config, arg_at(inv, 0), &e, err) < 0)
		return -1;
	if (e->original)
		e = e->original;
	if (swap_last(store, e->name, &last, err) < 0)
		return -1;
	if (!last)
		return refuse(store, e->name, err);
	return find_environment(config, last, out, err);
}

int cmd_rollback(struct invocation *inv, struct error *err)
{
	CLEANUP(sitting_done) struct sitting s = { 0 };
	CLEANUP(losses_done) struct losses losses = { 0 };
	const struct environment *clone = NULL;
	struct swap_summary summary = { 0 };

	if (find_swapped(inv, &clone, err) < 0 || sitting_begin(inv, clone, true, &s, err) < 0)
		return -1;
	if (is_dry_run(inv)) {
		if (swap_back_preview(&s.request, &losses, err) < 0)
			return -1;
		sitting_show(&s, &losses);
		return 0;
	}
	if (swap_back(&s.request, &summary, err) < 0)
		return -1;
	return sitting_tell(&s, &summary, err);
}
