/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - pause or cancel a rollout, whoever drives it, or nobody.
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
struct lease;
struct rollout_row;
struct store;

enum control_outcome {
	CONTROL_TOLD, /* its program knows, and brings the hosts under way to their end first */
	CONTROL_DONE, /* it is paused or cancelled now */
	CONTROL_OUTCOME_COUNT,
};

/* What that means, in a sentence without an end. Static. */
const char *control_outcome_words(enum rollout_wish wish, enum control_outcome outcome);

/**
 * @param wish     WISH_PAUSE, WISH_CANCEL or WISH_ABANDON.
 * @param outcome  Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_CONFLICT (it has ended, or is paused already).
 */
NODISCARD int rollout_control(struct store *store, int64_t rollout, enum rollout_wish wish,
	const char *actor, enum control_outcome *outcome, struct error *err);

/**
 * The program of a rollout died: cancel it for one that begins in its place. Its open steps are at work from then on.
 * @param lease  Of its environment.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int rollout_end_for_the_dead(struct store *store, const struct rollout_row *row,
	const struct lease *lease, const char *actor, struct error *err);
