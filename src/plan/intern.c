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

static const struct intern_key *key_of(const struct intern *in, uint32_t number)
{
	return &in->keys[number - in->image.count];
}

/* Where the bytes are in the table, or the free place where they belong. */
static size_t place_of(const struct intern *in, const void *bytes, size_t size, uint32_t hash)
{
	size_t mask = in->table_size - 1, at = hash & mask;

	for (; in->table[at].number != INTERN_NONE; at = (at + 1) & mask) {
		const struct intern_key *key = key_of(in, in->table[at].number);

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
	for (uint32_t number = (uint32_t)in->image.count; number < in->count; number++) {
		uint32_t hash = key_of(in, number)->hash;
		size_t mask = in->table_size - 1, at = hash & mask;

		while (in->table[at].number != INTERN_NONE)
			at = (at + 1) & mask;
		in->table[at] = (struct intern_place){ number, hash };
	}
}

static uint32_t find_in_image(
	const struct intern_image *image, const void *bytes, size_t size, uint32_t hash)
{
	size_t mask = image->table_size - 1, at = hash & mask;

	if (!image->count)
		return INTERN_NONE;
	for (; image->table[at] != INTERN_NONE; at = (at + 1) & mask) {
		uint32_t start = image->at[image->table[at]];

		if (image->at[image->table[at] + 1] - start == size + 1 &&
			memcmp(image->bytes + start, bytes, size) == 0)
			break;
	}
	return image->table[at];
}

static uint32_t find_hashed(const struct intern *in, const void *bytes, size_t size, uint32_t hash)
{
	uint32_t number = find_in_image(&in->image, bytes, size, hash);

	if (number != INTERN_NONE || !in->table_size)
		return number;
	return in->table[place_of(in, bytes, size, hash)].number;
}

uint32_t intern_find(const struct intern *in, const void *bytes, size_t size)
{
	return find_hashed(in, bytes, size, hash_of(bytes, size));
}

uint32_t intern_add(struct intern *in, const void *bytes, size_t size)
{
	uint32_t hash = hash_of(bytes, size), number = find_hashed(in, bytes, size, hash);
	size_t own = in->count - in->image.count;

	if (number != INTERN_NONE)
		return number;
	assert(in->count < INTERN_NONE / 2 && size < UINT32_MAX);
	if (own >= in->table_size / 2)
		grow_table(in);
	in->keys = mem_room(in->keys, own, &in->capacity, sizeof *in->keys);
	in->keys[own] = (struct intern_key){
		.bytes = arena_copy(&in->arena, bytes, size), .size = (uint32_t)size, .hash = hash
	};
	in->table[place_of(in, bytes, size, hash)] = (struct intern_place){ in->count, hash };
	return in->count++;
}

static size_t key_size(const struct intern *in, uint32_t number)
{
	if (number < in->image.count)
		return in->image.at[number + 1] - in->image.at[number] - 1;
	return key_of(in, number)->size;
}

static void image_add(struct intern_image *image, const void *bytes, size_t size)
{
	size_t mask = image->table_size - 1, at = hash_of(bytes, size) & mask;

	memcpy(image->bytes + image->at[image->count], bytes, size);
	while (image->table[at] != INTERN_NONE)
		at = (at + 1) & mask;
	image->table[at] = (uint32_t)image->count++;
	image->at[image->count] = image->at[image->count - 1] + (uint32_t)size + 1;
}

void intern_image_make(const struct intern *in, struct intern_image *out)
{
	struct intern_image image = { .table_size = 1 };

	for (uint32_t i = 0; i < in->count; i++)
		image.size += key_size(in, i) + 1;
	assert(image.size < UINT32_MAX);
	while (image.table_size < 2 * (size_t)in->count)
		image.table_size *= 2;
	image.bytes = mem_new(image.size, 1);
	image.at = mem_new(in->count + (size_t)1, sizeof *image.at);
	image.table = mem_new(image.table_size, sizeof *image.table);
	memset(image.table, 0xff, image.table_size * sizeof *image.table);
	for (uint32_t i = 0; i < in->count; i++)
		image_add(&image, intern_at(in, i), key_size(in, i));
	*out = image;
}

void intern_image_done(struct intern_image *image)
{
	free(image->bytes);
	free(image->at);
	free(image->table);
	*image = (struct intern_image){ 0 };
}

void intern_take_image(struct intern *in, const struct intern_image *image)
{
	assert(!in->count);
	in->image = *image;
	in->count = (uint32_t)image->count;
}

static bool keys_are_whole(const struct intern_image *image, size_t size)
{
	if (image->at[0] != 0 || image->at[image->count] != image->size)
		return false;
	for (size_t i = 0; i < image->count; i++) {
		uint32_t start = image->at[i], end = image->at[i + 1];

		if (end <= start || end > image->size || image->bytes[end - 1] ||
			(size && end - start != size + 1))
			return false;
	}
	return true;
}

bool intern_image_is_whole(const struct intern_image *image, size_t size)
{
	size_t taken = 0;

	if (image->count >= INTERN_NONE / 2 || !image->table_size ||
		image->table_size & (image->table_size - 1) || !keys_are_whole(image, size))
		return false;
	for (size_t i = 0; i < image->table_size; i++) {
		if (image->table[i] != INTERN_NONE && image->table[i] >= image->count)
			return false;
		taken += image->table[i] != INTERN_NONE;
	}
	return taken <= image->count && 2 * taken <= image->table_size;
}

void intern_done(struct intern *in)
{
	arena_done(&in->arena);
	free(in->keys);
	free(in->table);
	*in = (struct intern){ 0 };
}
