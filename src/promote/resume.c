/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/resume.h"

#include "base/error.h"
#include "promote/promote.h"
#include "promote/rollback.h"
#include "store/rollout.h"

int rollout_resume(const struct promotion *p, int64_t rollout, struct rollout_summary *summary,
	struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(p->store, rollout, &row, err) < 0)
		return -1;
	if (row.direction == DIRECTION_BACK)
		return rollback_run(p, row.undoes, summary, err);
	return promotion_continue(p, &row, summary, err);
}
