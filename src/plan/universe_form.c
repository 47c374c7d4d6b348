/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "plan/universe_form_private.h"
#include "plan/universe_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define FORM_VERSION   4 /* of the tables, the hash of intern.c, and how relations are read */
#define ORDER          0x01020304
#define MAGIC          "universe"
#define INTERN_COUNT   5
#define TABLE_COUNT    11
#define INTERN_PARTS   3
#define SECTION_COUNT  (INTERN_COUNT * INTERN_PARTS + TABLE_COUNT)
#define ALIGNED(size)  (((size) + 7) & ~(size_t)7)
#define BEHIND(member) (offsetof(struct form_head, member) + sizeof((struct form_head){ 0 }.member))

struct form_head {
	char magic[8];
	uint32_t version, order;
	uint8_t digest[DIGEST_RAW_SIZE]; /* of all that is behind it */
	uint8_t key[DIGEST_RAW_SIZE];
	uint64_t counts[SECTION_COUNT];
};

/* Bytes of a table or of a part of an intern, and how many items they are. */
struct section {
	void *items;
	size_t count, size;
};

struct table {
	size_t items, count, capacity; /* offsets in struct universe */
	size_t size;
};

#define TABLE(items, count, capacity)                                                              \
	{                                                                                          \
		offsetof(struct universe, items), offsetof(struct universe, count),                \
			offsetof(struct universe, capacity), sizeof *((struct universe *)0)->items \
	}

static const struct table tables[TABLE_COUNT] = {
	TABLE(rows, count, capacity),
	TABLE(origins, origin_count, origin_capacity),
	TABLE(first, first_count, first_capacity),
	TABLE(words, word_count, word_capacity),
	TABLE(slot_spans, slot_span_count, slot_span_capacity),
	TABLE(slot_rows, slot_row_count, slot_row_capacity),
	TABLE(slot_next, slot_next_count, slot_next_capacity),
	TABLE(provided, provided_count, provided_capacity),
	TABLE(atom_spans, atom_span_count, atom_span_capacity),
	TABLE(providers, provider_count, provider_capacity),
	TABLE(unread, unread_count, unread_capacity),
};

static const size_t interns[INTERN_COUNT] = {
	offsetof(struct universe, strings),
	offsetof(struct universe, atoms),
	offsetof(struct universe, slots),
	offsetof(struct universe, architectures),
	offsetof(struct universe, versions),
};

static void *member(const struct universe *u, size_t offset)
{
	return (char *)(uintptr_t)u + offset;
}

static void list_image(const struct intern_image *image, struct section out[INTERN_PARTS])
{
	out[0] = (struct section){ image->bytes, image->size, 1 };
	out[1] = (struct section){ image->at, image->count + 1, sizeof *image->at };
	out[2] = (struct section){ image->table, image->table_size, sizeof *image->table };
}

/* ---- writing ---- */

static void list_sections(const struct universe *u, const struct intern_image *images,
	struct section out[SECTION_COUNT])
{
	for (size_t i = 0; i < INTERN_COUNT; i++, out += INTERN_PARTS)
		list_image(&images[i], out);
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const struct table *t = &tables[i];

		*out++ = (struct section){ *(void **)member(u, t->items),
			*(size_t *)member(u, t->count), t->size };
	}
}

void form_seal(uint8_t *bytes, size_t size)
{
	digest_raw(bytes + BEHIND(digest), size - BEHIND(digest),
		bytes + offsetof(struct form_head, digest));
}

static int write_sections(const struct section sections[SECTION_COUNT],
	const uint8_t key[DIGEST_RAW_SIZE], const char *path, struct error *err)
{
	struct form_head head = { .magic = MAGIC, .version = FORM_VERSION, .order = ORDER };
	size_t size = sizeof head, at = sizeof head;

	memcpy(head.key, key, sizeof head.key);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		head.counts[i] = sections[i].count;
		size += ALIGNED(sections[i].count * sections[i].size);
	}

	CLEANUP(free) uint8_t *bytes = mem_new(size, 1);

	memcpy(bytes, &head, sizeof head);
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		size_t length = sections[i].count * sections[i].size;

		if (length)
			memcpy(bytes + at, sections[i].items, length);
		at += ALIGNED(length);
	}
	form_seal(bytes, size);
	return file_write(path, bytes, size, 0644, err);
}

int form_write(const struct universe *u, const uint8_t key[DIGEST_RAW_SIZE], const char *path,
	struct error *err)
{
	struct intern_image images[INTERN_COUNT];
	struct section sections[SECTION_COUNT];

	assert(u->finished == u->count && u->origin_count == u->count);
	for (size_t i = 0; i < INTERN_COUNT; i++)
		intern_image_make(member(u, interns[i]), &images[i]);
	list_sections(u, images, sections);

	int result = write_sections(sections, key, path, err);

	for (size_t i = 0; i < INTERN_COUNT; i++)
		intern_image_done(&images[i]);
	return result;
}

/* ---- mapping ---- */

static int map_file(struct universe *u, const char *path, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
			"opening '%s': %s", path, strerror(errno));
	if (st.st_size < (off_t)sizeof(struct form_head))
		return error_set(
			err, ERR_CORRUPT, "'%s' has %jd bytes", path, (intmax_t)st.st_size);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return error_set(err, ERR_SYSTEM, "mapping '%s': %s", path, strerror(errno));
	u->map = map;
	u->map_size = (size_t)st.st_size;
	return 0;
}

static int check_head(const struct universe *u, const uint8_t key[DIGEST_RAW_SIZE],
	const char *path, struct error *err)
{
	const struct form_head *head = u->map;
	uint8_t digest[DIGEST_RAW_SIZE];

	if (memcmp(head->magic, MAGIC, sizeof head->magic) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' does not begin as it should", path);
	if (head->version != FORM_VERSION || head->order != ORDER)
		return error_set(err, ERR_CONFLICT, "'%s' is of another version", path);
	digest_raw((const uint8_t *)u->map + BEHIND(digest), u->map_size - BEHIND(digest), digest);
	if (memcmp(head->digest, digest, sizeof digest) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' does not have its digest", path);
	if (memcmp(head->key, key, sizeof head->key) != 0)
		return error_set(err, ERR_CONFLICT, "'%s' is of other indexes", path);
	return 0;
}

/* Find where each section is; false when they are not the whole file. */
static bool find_sections(const struct universe *u, struct section sections[SECTION_COUNT])
{
	const struct form_head *head = u->map;
	size_t at = sizeof *head;

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		struct section *s = &sections[i];

		if (head->counts[i] >= UINT32_MAX || head->counts[i] > u->map_size / s->size)
			return false;
		s->items = (char *)u->map + at;
		s->count = (size_t)head->counts[i];
		if (ALIGNED(s->count * s->size) > u->map_size - at)
			return false;
		at += ALIGNED(s->count * s->size);
	}
	return at == u->map_size;
}

static bool take_images(struct universe *u, const struct section *s)
{
	for (size_t i = 0; i < INTERN_COUNT; i++, s += INTERN_PARTS) {
		const struct intern_image image = {
			.bytes = s[0].items,
			.size = s[0].count,
			.at = s[1].items,
			.count = s[1].count - 1,
			.table = s[2].items,
			.table_size = s[2].count,
		};

		if (!s[1].count)
			return false;
		intern_take_image(member(u, interns[i]), &image);
	}
	return true;
}

static void take_tables(struct universe *u, const struct section *s)
{
	for (size_t i = 0; i < TABLE_COUNT; i++, s++) {
		*(void **)member(u, tables[i].items) = s->count ? s->items : NULL;
		*(size_t *)member(u, tables[i].count) = s->count;
		*(size_t *)member(u, tables[i].capacity) = s->count;
	}
	u->finished = u->count;
	u->finished_atoms = u->atoms.count;
}

int form_map(
	struct universe *u, const uint8_t key[DIGEST_RAW_SIZE], const char *path, struct error *err)
{
	static const struct intern_image none = { 0 };
	struct section sections[SECTION_COUNT];
	struct intern_image images[INTERN_COUNT] = { none };

	if (map_file(u, path, err) < 0 || check_head(u, key, path, err) < 0)
		return -1;
	list_sections(u, images, sections);
	if (!find_sections(u, sections) || !take_images(u, sections))
		return error_set(err, ERR_CORRUPT, "the tables in '%s' are not all of it", path);
	take_tables(u, sections + (size_t)INTERN_COUNT * INTERN_PARTS);
	if (!form_is_sound(u))
		return error_set(
			err, ERR_CORRUPT, "the tables in '%s' contradict each other", path);
	return 0;
}
