/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollback.h - undo what was rolled out in an environment: the last rollout, or all since it had a set.
 *
 * Layer: promote. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct promotion;
struct rollout_summary;
struct rollback_preview;

/* The rollouts to undo, newest first. */
struct rollback_plan {
	int64_t *rollouts; /* owned; ids */
	size_t count, capacity;
};

/**
 * Which rollouts are to be undone.
 *
 * @param set  Digest of the set that the environment is to have again; NULL: only the last rollout.
 * @param out  rollback_plan_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (there is nothing to undo; it never had that set).
 */
NODISCARD int rollback_plan_make(
	const struct promotion *p, const char *set, struct rollback_plan *out, struct error *err);

/** What undoing one of them means for its hosts. @param out  rollback_preview_done() (rollout/rollback.h). */
NODISCARD int rollback_look(const struct promotion *p, int64_t rollout,
	struct rollback_preview *out, struct error *err);

/**
 * Undo one, or go on with it.
 * @return As rollout_roll_back().
 */
NODISCARD int rollback_run(const struct promotion *p, int64_t rollout,
	struct rollout_summary *summary, struct error *err);

void rollback_plan_done(struct rollback_plan *plan);
CLEANUP_DONE(struct rollback_plan, rollback_plan_done)
