/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.h - many small strings that live and die together, and never move.
 *
 * All zero is an empty arena. Layer: plan. Threads: one at a time.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct arena {
	char **chunks; /* owned, each owned */
	size_t count, capacity;
	size_t used, size; /* of the last chunk */
};

/* A copy of the bytes with a NUL behind them. Borrowed until arena_done(). */
const char *arena_copy(struct arena *a, const void *bytes, size_t size);

void arena_done(struct arena *a);
