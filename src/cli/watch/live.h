/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live.h - a rollout on the whole terminal, drawn again and again, with keys that steer it.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct store;

enum live_end {
	LIVE_OVER, /* the rollout is not running any longer */
	LIVE_LEFT, /* the person left; it goes on */
	LIVE_END_COUNT,
};

/**
 * Show it until it is over or the person leaves; what it came to stays on the screen.
 *
 * @param actor  Who presses the keys.
 * @param end    Untouched on failure. A signal that ends programs does end this one, with the terminal as it was.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_SYSTEM.
 */
NODISCARD int live_watch(struct store *store, int64_t rollout, const char *actor,
	enum live_end *end, struct error *err);
