/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers.h - a bounded pool of threads: one task each, straight-line code, all waited for.
 *
 * Layer: base. Threads: workers_run() may be called from any; tasks run side by side.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/**
 * Run task(context, 0) ... task(context, count - 1), at most `limit` at a time, in this order of start.
 *
 * A task reports its outcome into its own place in `context`; there is no shared result.
 * @param limit  At least 1; with 1 everything runs in the calling thread.
 * Blocks until all have ended.
 */
void workers_run(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context);

/* What the calling thread does while others work. */
struct workers_beat {
	void (*run)(void *context);
	int64_t every_ms;
};

/**
 * The same, while the calling thread calls beat->run(context) at intervals: for what must go on however long a
 * single task takes. No beat comes where no thread can be started; tasks then run in the calling one.
 * @param limit  At least 1: threads beside the calling one.
 */
void workers_run_watched(size_t count, size_t limit, void (*task)(void *context, size_t index),
	const struct workers_beat *beat, void *context);
