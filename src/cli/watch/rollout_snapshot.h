/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_snapshot.h - how a rollout stands at one moment, read from the store alone.
 *
 * Whoever drives it may do so meanwhile, in any process. Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

struct rollout_snapshot {
	struct rollout_row rollout;
	struct rollout_host_rows hosts; /* without their plans */
	struct step_rows open;          /* of its environment, by host */
	int64_t at;                     /* the moment */
	int64_t heard_at;               /* when its last event was written */
	bool is_driven; /* a living program holds its environment, or may: see lease_is_held() */
};

/**
 * @param out  rollout_snapshot_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout).
 */
NODISCARD int rollout_snapshot_take(
	struct store *store, int64_t rollout, struct rollout_snapshot *out, struct error *err);

/* The rollout waits for that open step: it is its own, and not left at work. */
bool rollout_snapshot_is_awaited(const struct rollout_snapshot *g, const struct step_row *step);

/* Its program died in the middle: nothing goes on by itself. */
bool rollout_snapshot_is_orphaned(const struct rollout_snapshot *g);

/* What to do about that, in a sentence without an end. free(). */
char *rollout_snapshot_orphan_words(const struct rollout_snapshot *g);

void rollout_snapshot_done(struct rollout_snapshot *g);
CLEANUP_DONE(struct rollout_snapshot, rollout_snapshot_done)
