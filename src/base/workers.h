/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workers.h - a bounded pool of threads: one task each, straight-line code, all waited for.
 *
 * Layer: base. Threads: workers_run() may be called from any; tasks run side by side.
 */
#pragma once

#include <stddef.h>

struct workers;

/**
 * Run task(context, 0) ... task(context, count - 1), at most `limit` at a time, in this order of start.
 *
 * A task reports its outcome into its own place in `context`; there is no shared result.
 * @param limit  At least 1; with 1 everything runs in the calling thread.
 * Blocks until all have ended.
 */
void workers_run(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context);

/**
 * The same beside the calling thread, which works only when no other can be started.
 * @return Ended with workers_end(); `context` is borrowed until then.
 */
struct workers *workers_begin(
	size_t count, size_t limit, void (*task)(void *context, size_t index), void *context);

/* Wait until all have ended. NULL is fine. */
void workers_end(struct workers *w);

/* How many processors there are: at least 1. */
size_t workers_processors(void);
