/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aftermath.h - what a rollout left behind whose program died: hosts that work on alone, open journal entries.
 *
 * A host finishes its step without us. Looking at it before it has ended would show packages that are half
 * configured, so it is waited for; then its open entry is closed as uncertain, and a scan tells the truth.
 * Layer: rollout. Threads: one, which holds the environment's lock.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct rollout_request;
struct store;

/**
 * Wait for the hosts of the environment's unfinished rollout, and close its open entries.
 *
 * @return 0, also when there is nothing to do, or a host stayed busy or out of reach (the scan behind this
 *         will say so); -1 with err: what the store says.
 * Blocks while a host works, half an hour at most.
 */
NODISCARD int aftermath_clear(const struct rollout_request *request, struct error *err);

/**
 * Close the open entries of a rollout as uncertain, whatever its hosts do.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int aftermath_close(
	struct store *store, int64_t rollout, const char *actor, struct error *err);
