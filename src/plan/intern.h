/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.h - equal bytes get equal numbers: 0, 1, 2, ... in the order of first sight.
 *
 * Keys may be texts or the bytes of a struct without padding. All zero is empty.
 * Layer: plan. Threads: one while adding; any number may find.
 */
#pragma once

#include "plan/arena.h"

#include <stddef.h>
#include <stdint.h>

#define INTERN_NONE UINT32_MAX

struct intern_key {
	const char *bytes; /* in the arena */
	uint32_t size, hash;
};

/* Number and hash lie together, so that a look-up touches as few cache lines as can be. */
struct intern_place {
	uint32_t number; /* INTERN_NONE where free */
	uint32_t hash;
};

struct intern {
	struct arena arena;
	struct intern_key *keys; /* owned; by number */
	uint32_t count;
	size_t capacity;
	struct intern_place *table; /* owned; a power of two of them */
	size_t table_size;
};

/* The number of the bytes, new or known. */
uint32_t intern_add(struct intern *in, const void *bytes, size_t size);

/* The number of the bytes; INTERN_NONE when they were never added. */
uint32_t intern_find(const struct intern *in, const void *bytes, size_t size);

/* The bytes of a number, with a NUL behind them. Borrowed; never move. */
static inline const char *intern_at(const struct intern *in, uint32_t number)
{
	return in->keys[number].bytes;
}

void intern_done(struct intern *in);
