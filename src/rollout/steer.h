/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steer.h - pause or cancel a rollout, whoever drives it, or nobody.
 *
 * A program that drives it is told through the store and does so by itself. When it died, its open steps are
 * written down as at work and the rollout is moved here: no host has to answer for that.
 * Layer: rollout. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/rollout_wish.h"

#include <stdint.h>

struct error;
struct store;

enum steer_outcome {
	STEER_TOLD, /* its program knows, and brings the hosts under way to their end first */
	STEER_DONE, /* it is paused or cancelled now */
	STEER_OUTCOME_COUNT,
};

/* What that means, in a sentence without an end. Static. */
const char *steer_outcome_words(enum rollout_wish wish, enum steer_outcome outcome);

/**
 * @param wish     WISH_PAUSE, WISH_CANCEL or WISH_ABANDON.
 * @param outcome  Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_CONFLICT (it has ended, or is paused already).
 */
NODISCARD int rollout_steer(struct store *store, int64_t rollout, enum rollout_wish wish,
	const char *actor, enum steer_outcome *outcome, struct error *err);
