/* SPDX-License-Identifier: Apache-2.0 */
/*
 * await_healthy.h - wait for a host that is starting: until ssh, its services and its health commands answer.
 *
 * Layer: fleet. Threads: one host, one thread; different ones side by side.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct inventory;
struct place;
struct session_pool;

/**
 * Wait for one host.
 *
 * @param limit_ms  When to give up.
 * @param out       What it is, of the moment at which all answered; inventory_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_UNREACHABLE (no ssh until then), ERR_SYSTEM (a service or health command that does
 *         not come up: its own words), ERR_DENIED (its key, or ours, at once).
 * Blocks at most until the limit, and for what a health command takes.
 */
NODISCARD int await_healthy(struct session_pool *pool, const struct place *place, int64_t limit_ms,
	struct inventory **out, struct error *err);
