/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/orphan.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/watch/watch.h"
#include "model/config.h"
#include "promote/promote.h"
#include "promote/resume.h"
#include "promote/unfinished.h"

#include <stdio.h>

static const struct unfinished_operation *find_orphaned_rollout(
	const struct unfinished *unfinished, const char *environment)
{
	for (size_t i = 0; i < unfinished->count; i++) {
		const struct unfinished_operation *r = &unfinished->items[i];

		if (r->kind == UNFINISHED_ROLLOUT && !r->is_alive &&
			str_equal(r->environment, environment))
			return r;
	}
	return NULL;
}

int orphan_take_up(struct invocation *inv, const struct config *config, struct store *store,
	const struct environment *environment, struct error *err)
{
	CLEANUP(unfinished_done) struct unfinished unfinished = { 0 };

	if (unfinished_find(store, &unfinished, err) < 0)
		return -1;

	const struct unfinished_operation *orphan =
		find_orphaned_rollout(&unfinished, environment->name);

	if (!orphan)
		return 0;
	fprintf(stderr, "%s in %s was left half-way by a program that died: going on with it\n",
		orphan->name, environment->name);

	CLEANUP(watch_free) struct watch *watch = watch_new(orphan->name);
	const struct promotion p = { config, store, environment, actor(inv),
		watch_callbacks(watch) };
	struct rollout_summary summary;

	if (rollout_resume(&p, orphan->number, &summary, err) < 0)
		return error_wrap(err, "going on with %s", orphan->name);
	return watch_judge(inv, environment->name, &summary, err);
}
