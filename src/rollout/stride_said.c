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

/* A host that falls silent has said its last line all the same. */
int stride_tick(void *context, struct error *err)
{
	(void)err;
	tell_if_due(context);
	return 0;
}
