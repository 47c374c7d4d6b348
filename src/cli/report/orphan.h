/* SPDX-License-Identifier: Apache-2.0 */
/* orphan.h - a rollout whose program died, met by a command that works where it goes. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct config;
struct environment;
struct error;
struct invocation;
struct store;

/**
 * Bring the orphaned rollout of an environment to its end first, and say so on standard error.
 *
 * @return 0, also when there is none; -1 with err: as promotion_continue(), or ERR_SYSTEM (it left the
 *         environment mixed: why).
 */
NODISCARD int orphan_take_up(struct invocation *inv, const struct config *config,
	struct store *store, const struct environment *environment, struct error *err);
