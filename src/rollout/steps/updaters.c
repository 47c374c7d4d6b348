/* SPDX-License-Identifier: Apache-2.0 */
/* Both may be done again, so that one that was cut off is no more than one that failed. */
#include "fleet/hoststep.h"
#include "rollout/host_run_private.h"

int host_run_hold_updaters(struct host_run *s, struct error *err)
{
	return host_run_run(s, "hold-updaters", hoststep_hold_updaters, err);
}

int host_run_free_updaters(struct host_run *s, struct error *err)
{
	return host_run_run(s, "free-updaters", hoststep_free_updaters, err);
}
