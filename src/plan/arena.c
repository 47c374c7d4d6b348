/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/arena.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)256 * 1024)

static void add_chunk(struct arena *a, size_t least)
{
	a->chunks = mem_room(a->chunks, a->count, &a->capacity, sizeof *a->chunks);
	a->size = least > CHUNK_SIZE ? least : CHUNK_SIZE;
	a->used = 0;
	a->chunks[a->count++] = mem_new(a->size, 1);
}

const char *arena_copy(struct arena *a, const void *bytes, size_t size)
{
	if (a->size - a->used < size + 1)
		add_chunk(a, size + 1);

	char *copy = a->chunks[a->count - 1] + a->used;

	if (size)
		memcpy(copy, bytes, size);
	copy[size] = '\0';
	a->used += size + 1;
	return copy;
}

void arena_done(struct arena *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->chunks[i]);
	free(a->chunks);
	*a = (struct arena){ 0 };
}
