/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "fleet/hoststep.h"
#include "fleet/remote.h"
#include "rollout/complaint.h"
#include "rollout/stride_private.h"

#include <stdlib.h>

/* Both may be done again, so that one that was cut off is no more than one that failed. */
static int run(struct stride *s, const char *word, stride_call *call, struct error *err)
{
	CLEANUP(remote_step_result_done) struct remote_step_result result = { 0 };

	if (stride_detached(s, word, call, &result, err) < 0)
		return -1;
	str_add(&s->log, result.output);
	if (result.end == STEP_END_DONE && result.exit_status == 0)
		return 0;

	CLEANUP(free) char *words = complaint_find(result.output);

	return error_set(err, ERR_SYSTEM, "%s",
		result.end == STEP_END_DONE ? words : "the host stopped in the middle of it");
}

int stride_hold_updaters(struct stride *s, struct error *err)
{
	return run(s, "hold-updaters", hoststep_hold_updaters, err);
}

int stride_free_updaters(struct stride *s, struct error *err)
{
	return run(s, "free-updaters", hoststep_free_updaters, err);
}
