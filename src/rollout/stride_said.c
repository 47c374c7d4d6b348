/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"
#include "store/rollout.h"

/* Only for whoever watches: a step does not fail because of it. */
static void tell_if_due(struct stride *s)
{
	char line[HEARING_SIZE];
	struct error ignored;

	if (!hearing_is_due(&s->hearing, clock_monotonic_ms(), s->walk->side_by_side))
		return;
	if (store_rollout_host_said(s->walk->request->store, s->walk->rollout,
		    s->member->place.host->name, hearing_take(&s->hearing, line), &ignored) < 0)
		return;
}

void stride_hear(void *context, const char *bytes, size_t size)
{
	struct stride *s = context;

	hearing_add(&s->hearing, bytes, size);
	tell_if_due(s);
}

/*
 * Since the step was begun, somebody no longer wants to wait for what hosts are at. A store that cannot be read just
 * now says nothing about what people wish.
 */
static int check_abandoned(struct stride *s, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	struct error ignored;

	if (store_rollout_find(s->walk->request->store, s->walk->rollout, &row, &ignored) < 0 ||
		row.wish != WISH_ABANDON || s->wish == WISH_ABANDON)
		return 0;
	s->is_at_work = true;
	return error_set(err, ERR_UNCERTAIN,
		"not waited for any longer, by %s; the host may still be at it, and is asked before "
		"anything else is done to it",
		row.wished_by);
}

/* A host that falls silent has said its last line all the same. */
int stride_tick(void *context, struct error *err)
{
	struct stride *s = context;

	tell_if_due(s);
	return check_abandoned(s, err);
}
