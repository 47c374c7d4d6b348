/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glimpse.h - how a rollout stands at one moment, read from the store alone.
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

struct glimpse {
	struct rollout_row rollout;
	struct rollout_host_rows hosts; /* without their plans */
	struct step_rows open;          /* of its environment, by host */
	int64_t at;                     /* the moment */
	int64_t heard_at;               /* when its last event was written */
	bool is_driven; /* a living program holds its environment, or may: see lease_is_held() */
};

/**
 * @param out  glimpse_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout).
 */
NODISCARD int glimpse_take(
	struct store *store, int64_t rollout, struct glimpse *out, struct error *err);

/* The rollout waits for that open step: it is its own, and not left at work. */
bool glimpse_is_awaited(const struct glimpse *g, const struct step_row *step);

/* Its program died in the middle: nothing goes on by itself. */
bool glimpse_is_orphaned(const struct glimpse *g);

/* What to do about that, in a sentence without an end. free(). */
char *glimpse_orphan_words(const struct glimpse *g);

void glimpse_done(struct glimpse *g);
CLEANUP_DONE(struct glimpse, glimpse_done)
