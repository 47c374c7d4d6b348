/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"
#include "store/rollout.h"

void stride_hear(void *context, const char *bytes, size_t size)
{
	struct stride *s = context;
	char line[HEARING_SIZE];
	struct error ignored;

	hearing_add(&s->hearing, bytes, size);
	if (!hearing_is_due(&s->hearing, clock_monotonic_ms(), s->walk->side_by_side))
		return;
	/* Only for whoever watches: a step does not fail because of it. */
	if (store_rollout_host_said(s->walk->request->store, s->walk->rollout,
		    s->member->place.host->name, hearing_take(&s->hearing, line), &ignored) < 0)
		return;
}
