/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "store/rollout.h"

/* Only for whoever watches: a step does not fail because of it. */
static void tell_if_due(struct host_run *s)
{
	char line[LAST_LINE_SIZE];
	struct error ignored;

	if (!last_line_is_due(&s->last_line, clock_monotonic_ms(), s->shared->side_by_side))
		return;
	if (store_rollout_host_said(s->shared->request->store, s->shared->rollout,
		    s->target->place.host->name, last_line_take(&s->last_line, line), &ignored) < 0)
		return;
}

void host_run_hear(void *context, const char *bytes, size_t size)
{
	struct host_run *s = context;

	last_line_add(&s->last_line, bytes, size);
	tell_if_due(s);
}

/*
 * Since the step was begun, somebody no longer wants to wait for what hosts are at. A store that cannot be read just
 * now says nothing about what people wish.
 */
static int check_abandoned(struct host_run *s, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	struct error ignored;

	if (store_rollout_find(s->shared->request->store, s->shared->rollout, &row, &ignored) < 0 ||
		row.wish != WISH_ABANDON || s->wish == WISH_ABANDON)
		return 0;
	s->is_at_work = true;
	return error_set(err, ERR_UNCERTAIN,
		"not waited for any longer, by %s; the host may still be at it, and is asked before "
		"anything else is done to it",
		row.wished_by);
}

/* A host that falls silent has said its last line all the same. */
int host_run_tick(void *context, struct error *err)
{
	struct host_run *s = context;

	tell_if_due(s);
	return check_abandoned(s, err);
}
