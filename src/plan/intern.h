/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.h - equal bytes get equal numbers: 0, 1, 2, ... in the order of first sight.
 *
 * Keys may be texts or the bytes of a struct without padding. All zero is empty. The first numbers may be those
 * of an image: tables that somebody else keeps, as a mapped file. Layer: plan. Threads: one while adding; any
 * number may find.
 */
#pragma once

#include "plan/arena.h"

#include <stdbool.h>
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

/* Keys that do not change any more, one behind the other, each with a NUL behind it. */
struct intern_image {
	char *bytes;
	uint32_t *at; /* where a key starts; one entry more: where the last one ends */
	uint32_t *
		table; /* a power of two of numbers, at most half of them taken; INTERN_NONE where free */
	size_t size;  /* of the bytes */
	size_t count; /* of the keys */
	size_t table_size;
};

struct intern {
	struct intern_image image; /* borrowed */
	struct arena arena;
	struct intern_key *keys; /* owned; by number, without those of the image */
	uint32_t count;          /* with those of the image */
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
	return number < in->image.count ? in->image.bytes + in->image.at[number]
					: in->keys[number - in->image.count].bytes;
}

/* All keys as an image of their own, freed with intern_image_done(). */
void intern_image_make(const struct intern *in, struct intern_image *out);
void intern_image_done(struct intern_image *image);

/* Begin an empty intern with the keys of an image, which stays the caller's. */
void intern_take_image(struct intern *in, const struct intern_image *image);

/* True when nobody who uses the image can leave it; each key is of that size, or of any when it is 0. */
bool intern_image_is_whole(const struct intern_image *image, size_t key_size);

void intern_done(struct intern *in);
