/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticker.h - a thread that does one thing at intervals.
 *
 * Layer: base. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct ticker;

/**
 * Call tick(context) at intervals, the first time after one, in a thread of its own: for what must go on however long
 * anything else takes. Clocks that are set do not matter to it; signals are left to the other threads.
 * @param out  ticker_stop(). Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM (no thread can be started).
 */
NODISCARD int ticker_start(int64_t every_ms, void (*tick)(void *context), void *context,
	struct ticker **out, struct error *err);

/* Stop, and wait for the tick that goes on. Not to be called with anything in hand that a tick waits for. NULL is fine. */
void ticker_stop(struct ticker *ticker);
