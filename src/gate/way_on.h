/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way_on.h - what a person can do so that an environment goes on: the only place that advises it.
 *
 * It asks what would refuse (entry.h, hold.h, who drives a rollout), and names only what would not be refused.
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"

struct config;
struct environment;
struct error;
struct store;

/**
 * What goes on with an environment's rollout, or begins the next.
 *
 * @param out  "'patchline retry rollout-3' does what is left", as a part of a sentence; owned by the caller: free(). Untouched
 *             on failure.
 * @return 0, or -1 with err: what the store and the gate's facts say.
 */
NODISCARD int way_on_find(const struct config *config, struct store *store,
	const struct environment *environment, char **out, struct error *err);
