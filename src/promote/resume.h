/* SPDX-License-Identifier: Apache-2.0 */
/* resume.h - a rollout goes on where it stopped, whichever way it leads. Layer: promote. Threads: one a rollout. */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct promotion;
struct rollout_summary;

/**
 * Go on with a rollout that was paused, stopped, or whose program died: what failed and what was not started, with
 * the inputs it began with. The gate was asked when it began, and is not asked again. A way back goes on as one.
 *
 * @param p  Its environment is the rollout's.
 * @return As promotion_continue() or rollback_run(); ERR_NOT_FOUND.
 */
NODISCARD int rollout_resume(const struct promotion *p, int64_t rollout,
	struct rollout_summary *summary, struct error *err);
