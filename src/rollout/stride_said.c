/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "model/config.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"
#include "store/rollout.h"

#define TELL_MS      1000 /* a host's last line is written down so often at most, */
#define TELL_EACH_MS 100  /* and of all hosts of a wave together ten a second */

static int64_t pause_ms(const struct walk *w)
{
	int64_t fair = (int64_t)w->side_by_side * TELL_EACH_MS;

	return fair > TELL_MS ? fair : TELL_MS;
}

void stride_hear(void *context, const char *bytes, size_t size)
{
	struct stride *s = context;
	int64_t now = clock_monotonic_ms();
	char line[HEARING_SIZE];
	struct error ignored;

	hearing_add(&s->hearing, bytes, size);
	if (!s->hearing.is_new || now - s->told_at_ms < pause_ms(s->walk))
		return;
	s->told_at_ms = now;
	/* Only for whoever watches: a step does not fail because of it. */
	if (store_rollout_host_said(s->walk->request->store, s->walk->rollout,
		    s->member->place.host->name, hearing_take(&s->hearing, line), &ignored) < 0)
		return;
}
