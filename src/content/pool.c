/* SPDX-License-Identifier: Apache-2.0 */
#include "content/pool.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "content/pool_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The directories are made at once: nobody who renames into them has to think of it. */
static int make_shelves(const char *root, struct error *err)
{
	size_t made = 0;

	if (dir_make(root, 0755, err) < 0)
		return -1;
	for (unsigned i = 0; i < POOL_SHELVES; i++) {
		CLEANUP(free) char *shelf = mem_printf("%s/%02x", root, i);

		if (mkdir(shelf, 0755) == 0)
			made++;
		else if (errno != EEXIST)
			return error_set(err, ERR_SYSTEM, "making directory '%s': %s", shelf,
				strerror(errno));
	}
	return made ? dir_sync(root, err) : 0;
}

static int pool_lock(struct pool *pool, int how, struct error *err)
{
	pool->lock = open(pool->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pool->lock >= 0 && flock(pool->lock, how) == 0)
		return 0;
	if (pool->lock >= 0 && errno == EWOULDBLOCK)
		return error_set(err, ERR_CONFLICT,
			"another program works with the pool; nothing is cleaned meanwhile");
	return error_set(err, ERR_SYSTEM, "locking '%s': %s", pool->root, strerror(errno));
}

static int pool_open_as(int how, const char *state, struct pool **out, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = mem_new(1, sizeof *pool);

	pool->lock = -1;
	pool->root = mem_printf("%s/pool/sha256", state);
	if (make_shelves(pool->root, err) < 0 || pool_lock(pool, how, err) < 0)
		return error_wrap(err, "opening the pool");
	*out = STEAL(&pool);
	return 0;
}

int pool_open(const char *state, struct pool **out, struct error *err)
{
	return pool_open_as(LOCK_SH, state, out, err);
}

int pool_open_alone(const char *state, struct pool **out, struct error *err)
{
	return pool_open_as(LOCK_EX | LOCK_NB, state, out, err);
}

char *pool_path(const struct pool *pool, const char *sha256)
{
	return mem_printf("%s/%.2s/%s", pool->root, sha256, sha256);
}

bool pool_has(const struct pool *pool, const char *sha256, uint64_t size)
{
	CLEANUP(free) char *path = pool_path(pool, sha256);
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
}

static int compare_digest(const char *path, const char *sha256, const char *what, struct error *err)
{
	char got[DIGEST_HEX_SIZE];

	if (digest_file(path, got, NULL, err) < 0)
		return -1;
	if (strcmp(got, sha256) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' %s: want digest %.12s, got %.12s", path,
			what, sha256, got);
	return 0;
}

static int flush(const char *path, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_set(
			err, ERR_SYSTEM, "writing '%s' to disk: %s", path, strerror(errno));
	return 0;
}

int pool_put(const struct pool *pool, const char *path, const char *sha256, struct error *err)
{
	CLEANUP(free) char *place = pool_path(pool, sha256);
	CLEANUP(free) char *shelf = path_dir(place);

	if (compare_digest(path, sha256, "is not taken into the pool", err) < 0 ||
		flush(path, err) < 0)
		return -1;
	if (rename(path, place) < 0)
		return error_set(
			err, ERR_SYSTEM, "moving '%s' to '%s': %s", path, place, strerror(errno));
	return dir_sync(shelf, err);
}

int pool_put_bytes(const struct pool *pool, const void *bytes, size_t size,
	char sha256[DIGEST_HEX_SIZE], struct error *err)
{
	char name[DIGEST_HEX_SIZE];
	CLEANUP(free) char *place = pool_path(pool, digest_bytes(bytes, size, name));

	if (file_write(place, bytes, size, 0644, err) < 0)
		return -1;
	memcpy(sha256, name, sizeof name);
	return 0;
}

int pool_check(const struct pool *pool, const char *sha256, struct error *err)
{
	CLEANUP(free) char *path = pool_path(pool, sha256);

	if (compare_digest(path, sha256, "was changed", err) == 0)
		return 0;

	CLEANUP(free) char *what = mem_strdup(err->text);

	return error_set(
		err, err->kind, "%s; 'patchline verify --repair' fetches such files again", what);
}

int pool_read(const struct pool *pool, const char *sha256, size_t limit, char **text, size_t *size,
	struct error *err)
{
	CLEANUP(free) char *path = pool_path(pool, sha256);
	CLEANUP(free) char *bytes = NULL;
	char got[DIGEST_HEX_SIZE];
	size_t count = 0;

	if (file_read(path, limit, &bytes, &count, err) < 0)
		return -1;
	if (strcmp(digest_bytes(bytes, count, got), sha256) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' was changed: want digest %.12s, got %.12s",
			path, sha256, got);
	*text = STEAL(&bytes);
	if (size)
		*size = count;
	return 0;
}

struct checked {
	char name[DIGEST_HEX_SIZE];
	uint64_t size;
	struct error error;
};

struct verification {
	const struct pool *pool;
	struct checked *files; /* owned */
	size_t count, capacity;
};

static int list_shelf(struct verification *v, const char *shelf, struct error *err)
{
	DIR *dir = opendir(shelf);

	if (!dir)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", shelf, strerror(errno));
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (!digest_is_valid(entry->d_name))
			continue;
		v->files = mem_room(v->files, v->count, &v->capacity, sizeof *v->files);
		struct checked *file = &v->files[v->count++];

		memset(file, 0, sizeof *file);
		memcpy(file->name, entry->d_name, DIGEST_HEX_SIZE);
	}
	closedir(dir);
	return 0;
}

static void check_one(void *context, size_t index)
{
	const struct verification *v = context;
	struct checked *file = &v->files[index];
	CLEANUP(free) char *path = pool_path(v->pool, file->name);
	char got[DIGEST_HEX_SIZE];

	if (digest_file(path, got, &file->size, &file->error) == 0 &&
		strcmp(got, file->name) != 0 &&
		error_set(&file->error, ERR_CORRUPT, "'%s' was changed", path) < 0) {
		CLEANUP(free) char *aside = mem_printf("%s.damaged", path);

		if (rename(path, aside) < 0)
			file->error.kind = ERR_SYSTEM;
	}
}

/* A file that cannot be read at all stops the verdict; one that went meanwhile does not. */
static int sum_up_checked(const struct verification *v,
	void (*on_bad)(void *context, const char *sha256), void *context,
	struct pool_totals *totals, struct error *err)
{
	struct pool_totals sum = { .files = v->count };

	for (size_t i = 0; i < v->count; i++) {
		const struct checked *file = &v->files[i];

		if (file->error.kind == ERR_SYSTEM) {
			*err = file->error;
			return error_wrap(err, "verifying the pool");
		}
		sum.bytes += file->size;
		if (file->error.kind != ERR_CORRUPT)
			continue;
		sum.damaged++;
		if (on_bad)
			on_bad(context, file->name);
	}
	*totals = sum;
	return 0;
}

int pool_verify(const struct pool *pool, size_t parallel,
	void (*on_bad)(void *context, const char *sha256), void *context,
	struct pool_totals *totals, struct error *err)
{
	struct verification v = { .pool = pool };
	int result = 0;

	for (unsigned i = 0; i < POOL_SHELVES && result == 0; i++) {
		CLEANUP(free) char *shelf = mem_printf("%s/%02x", pool->root, i);

		result = list_shelf(&v, shelf, err);
	}
	if (result == 0) {
		workers_run(v.count, parallel, check_one, &v);
		result = sum_up_checked(&v, on_bad, context, totals, err);
	}
	free(v.files);
	return result;
}

void pool_close(struct pool *pool)
{
	if (!pool)
		return;
	fd_close(pool->lock);
	free(pool->root);
	free(pool);
}
