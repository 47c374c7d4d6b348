/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/intern.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_SIZE_FIRST ((size_t)1024)

/* Eight bytes at a time, multiplied and folded; only speed and spread matter here. */
static uint32_t hash_of(const char *bytes, size_t size)
{
	uint64_t hash = 0x9e3779b97f4a7c15u ^ size;

	for (; size >= 8; bytes += 8, size -= 8) {
		uint64_t word;

		memcpy(&word, bytes, 8);
		hash = (hash ^ word) * 0xff51afd7ed558ccdu;
		hash ^= hash >> 32;
	}

	uint64_t last = 0;

	memcpy(&last, bytes, size);
	hash = (hash ^ last) * 0xc4ceb9fe1a85ec53u;
	return (uint32_t)(hash ^ hash >> 32);
}

/* Where the bytes are in the table, or the free place where they belong. */
static size_t place_of(const struct intern *in, const void *bytes, size_t size, uint32_t hash)
{
	size_t mask = in->table_size - 1, at = hash & mask;

	for (; in->table[at].number != INTERN_NONE; at = (at + 1) & mask) {
		const struct intern_key *key = &in->keys[in->table[at].number];

		if (in->table[at].hash == hash && key->size == size &&
			memcmp(key->bytes, bytes, size) == 0)
			break;
	}
	return at;
}

static void grow_table(struct intern *in)
{
	free(in->table);
	in->table_size = in->table_size ? in->table_size * 2 : TABLE_SIZE_FIRST;
	in->table = mem_new(in->table_size, sizeof *in->table);
	memset(in->table, 0xff, in->table_size * sizeof *in->table);
	for (uint32_t number = 0; number < in->count; number++) {
		size_t mask = in->table_size - 1, at = in->keys[number].hash & mask;

		while (in->table[at].number != INTERN_NONE)
			at = (at + 1) & mask;
		in->table[at] = (struct intern_place){ number, in->keys[number].hash };
	}
}

uint32_t intern_find(const struct intern *in, const void *bytes, size_t size)
{
	if (!in->count)
		return INTERN_NONE;
	return in->table[place_of(in, bytes, size, hash_of(bytes, size))].number;
}

uint32_t intern_add(struct intern *in, const void *bytes, size_t size)
{
	uint32_t hash = hash_of(bytes, size);

	if (in->count >= in->table_size / 2)
		grow_table(in);

	size_t at = place_of(in, bytes, size, hash);

	if (in->table[at].number != INTERN_NONE)
		return in->table[at].number;
	assert(in->count < INTERN_NONE / 2 && size < UINT32_MAX);
	if (in->count == in->capacity)
		in->keys = mem_grow(in->keys, &in->capacity, sizeof *in->keys);
	in->keys[in->count] = (struct intern_key){
		.bytes = arena_copy(&in->arena, bytes, size), .size = (uint32_t)size, .hash = hash
	};
	in->table[at] = (struct intern_place){ in->count, hash };
	return in->count++;
}

void intern_done(struct intern *in)
{
	arena_done(&in->arena);
	free(in->keys);
	free(in->table);
	*in = (struct intern){ 0 };
}
