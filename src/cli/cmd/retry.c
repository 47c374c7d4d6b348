/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "promote/promote.h"
#include "promote/resume.h"
#include "store/rollout.h"

static int find_rollout(
	struct invocation *inv, struct store *store, struct rollout_row *out, struct error *err)
{
	long long id = rollout_number(arg_at(inv, 0));

	if (!id)
		return error_set(err, ERR_USAGE,
			"'%.60s' is no rollout: want rollout-N, as 'patchline rollouts' lists them",
			arg_at(inv, 0));
	return store_rollout_find(store, id, out, err);
}

int cmd_retry(struct invocation *inv, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = watch_new(arg_at(inv, 0));
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	struct promotion p = { .actor = actor(inv), .watch = watch_callbacks(watch) };
	struct rollout_summary summary;

	if (need_config(inv, &p.config, err) < 0 || need_store(inv, &p.store, err) < 0 ||
		find_rollout(inv, p.store, &row, err) < 0 ||
		find_environment(inv, row.environment, &p.environment, err) < 0 ||
		rollout_resume(&p, row.id, &summary, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return watch_tell_end(inv, p.environment->name, &summary, err);
}
