/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aftermath.h - what a rollout left behind whose program died: hosts that work on alone, open journal entries.
 *
 * A host finishes its step without us. Looking at it before it has ended would show packages that are half
 * configured, so it is waited for; then its open entry is closed as lost, and a scan tells the truth.
 * Layer: rollout. Threads: one, which has the environment's lease.
 */
#pragma once

#include "base/own.h"

struct error;
struct rollout_request;
struct rollout_row;
struct store;

/**
 * Wait for the hosts of an environment that may be at work for any rollout, and close its open entries. Those of
 * hosts that stay busy or out of reach stay open.
 *
 * @return 0, also when there is nothing to do, or a host stayed busy or out of reach (the scan behind this
 *         will say so); -1 with err: what the store says.
 * Blocks while a host works, half an hour at most.
 */
NODISCARD int aftermath_clear(const struct rollout_request *request, struct error *err);

/**
 * The program of a rollout died: its hosts may be at work, and nobody asks them now.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int aftermath_close(struct store *store, const struct rollout_row *rollout,
	const char *actor, struct error *err);
