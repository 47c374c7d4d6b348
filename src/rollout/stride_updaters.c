/* SPDX-License-Identifier: Apache-2.0 */
/* Both may be done again, so that one that was cut off is no more than one that failed. */
#include "fleet/hoststep.h"
#include "rollout/stride_private.h"

int stride_hold_updaters(struct stride *s, struct error *err)
{
	return stride_run(s, "hold-updaters", hoststep_hold_updaters, err);
}

int stride_free_updaters(struct stride *s, struct error *err)
{
	return stride_run(s, "free-updaters", hoststep_free_updaters, err);
}
