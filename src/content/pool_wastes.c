/* SPDX-License-Identifier: Apache-2.0 */
/* pool_wastes.c - files of the pool that nothing needs any more; declared in pool.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/pool.h"
#include "content/pool_private.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct search {
	const char *const *needed;
	size_t count;
	int64_t before;
	struct pool_wastes found;
	size_t capacity, unknown_capacity;
};

static int compare_digests(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

enum standing { IS_NEEDED, IS_WASTE, IS_UNKNOWN };

/* "<64 digits>", or with ".changelog", ".part" or ".damaged" behind. */
static enum standing stands(const struct search *s, const char *name, const struct stat *st)
{
	char digest[DIGEST_HEX_SIZE] = "";
	const char *suffix = strlen(name) < DIGEST_HEX_SIZE - 1 ? "?" : name + DIGEST_HEX_SIZE - 1;

	memcpy(digest, name, strnlen(name, DIGEST_HEX_SIZE - 1));
	if (!S_ISREG(st->st_mode) || !digest_is_valid(digest))
		return IS_UNKNOWN;
	if (!*suffix || str_equal(suffix, ".changelog"))
		return s->count && bsearch(digest, s->needed, s->count, sizeof *s->needed,
					   compare_digests)
			       ? IS_NEEDED
			       : IS_WASTE;
	if (!str_equal(suffix, ".part") && !str_equal(suffix, ".damaged"))
		return IS_UNKNOWN;
	return st->st_mtime < s->before ? IS_WASTE : IS_NEEDED;
}

static void search_add(struct search *s, const char *path, const struct stat *st)
{
	struct pool_wastes *f = &s->found;

	f->items = mem_room(f->items, f->count, &s->capacity, sizeof *f->items);
	f->items[f->count++] = (struct pool_waste){ mem_strdup(path), (uint64_t)st->st_size };
}

static void search_add_unknown(struct search *s, const char *path)
{
	struct pool_wastes *f = &s->found;

	f->unknown =
		mem_room(f->unknown, f->unknown_count, &s->unknown_capacity, sizeof *f->unknown);
	f->unknown[f->unknown_count++] = mem_strdup(path);
}

static void search_look(struct search *s, const char *shelf, const char *name)
{
	CLEANUP(free) char *path = mem_printf("%s/%s", shelf, name);
	enum standing standing = IS_NEEDED;
	struct stat st;

	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && lstat(path, &st) == 0)
		standing = stands(s, name, &st);
	if (standing == IS_WASTE)
		search_add(s, path, &st);
	else if (standing == IS_UNKNOWN)
		search_add_unknown(s, path);
}

static int search_shelf(struct search *s, const char *shelf, struct error *err)
{
	struct dirent **entries = NULL;
	int count = scandir(shelf, &entries, NULL, alphasort);

	if (count < 0)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", shelf, strerror(errno));
	for (int i = 0; i < count; i++) {
		search_look(s, shelf, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

int pool_wastes(const struct pool *pool, const char *const *needed, size_t count, int64_t before,
	struct pool_wastes *out, struct error *err)
{
	struct search s = { .needed = needed, .count = count, .before = before };
	int result = 0;

	for (unsigned i = 0; i < POOL_SHELVES && result == 0; i++) {
		CLEANUP(free) char *shelf = mem_printf("%s/%02x", pool->root, i);

		result = search_shelf(&s, shelf, err);
	}
	if (result < 0)
		pool_wastes_done(&s.found);
	else
		*out = s.found;
	return result;
}

void pool_wastes_done(struct pool_wastes *w)
{
	for (size_t i = 0; i < w->count; i++)
		free(w->items[i].path);
	for (size_t i = 0; i < w->unknown_count; i++)
		free(w->unknown[i]);
	free(w->items);
	free(w->unknown);
	*w = (struct pool_wastes){ 0 };
}
