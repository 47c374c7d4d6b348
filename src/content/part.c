/* SPDX-License-Identifier: Apache-2.0 */
#include "content/part.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)

struct part {
	char *target, *path; /* owned */
	int fd;
	bool is_own; /* of this attempt only: never gone on with */
	struct hasher *hasher;
	uint64_t size;
};

/*
 * Open and lock PATH.part. Between opening and locking another process may have finished it: then what
 * was locked is PATH by now, which the link count of the name tells.
 */
static int open_locked(const char *path)
{
	struct stat opened, named;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &opened) == 0 &&
		stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
		opened.st_dev == named.st_dev)
		return fd;
	close(fd);
	errno = EWOULDBLOCK;
	return -1;
}

static int open_own(struct part *part)
{
	free(part->path);
	part->path = mem_printf("%s.part-XXXXXX", part->target);
	part->is_own = true;
	return mkostemp(part->path, O_CLOEXEC);
}

/* Take what is there into the hash. */
static int rehash(struct part *part, struct error *err)
{
	CLEANUP(free) char *buffer = mem_new(1, READ_SIZE);
	ssize_t got;

	while ((got = read(part->fd, buffer, READ_SIZE)) > 0) {
		hasher_add(part->hasher, buffer, (size_t)got);
		part->size += (uint64_t)got;
	}
	if (got < 0)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", part->path, strerror(errno));
	return 0;
}

int part_open(const char *path, bool may_resume, struct part **out, struct error *err)
{
	CLEANUP(part_free) struct part *part = mem_new(1, sizeof *part);

	part->target = mem_strdup(path);
	part->path = mem_printf("%s.part", path);
	part->hasher = hasher_new();
	part->fd = open_locked(part->path);
	if (part->fd < 0 && errno == EWOULDBLOCK)
		part->fd = open_own(part);
	if (part->fd < 0)
		return error_set(err, ERR_SYSTEM, "creating '%s': %s", part->path, strerror(errno));
	if ((may_resume ? rehash(part, err) : part_restart(part, err)) < 0)
		return -1;
	*out = STEAL(&part);
	return 0;
}

uint64_t part_size(const struct part *part)
{
	return part->size;
}

int part_write(struct part *part, const void *bytes, size_t size, uint64_t limit, struct error *err)
{
	const char *at = bytes;

	if (size > limit || part->size > limit - size)
		return error_set(err, ERR_CORRUPT,
			"it is longer than the %llu bytes that are wanted",
			(unsigned long long)limit);
	hasher_add(part->hasher, bytes, size);
	part->size += size;
	while (size) {
		ssize_t written = write(part->fd, at, size);

		if (written < 0) {
			int cause = errno;

			part_discard(part);
			return error_set(
				err, ERR_SYSTEM, "writing '%s': %s", part->path, strerror(cause));
		}
		at += written;
		size -= (size_t)written;
	}
	return 0;
}

int part_restart(struct part *part, struct error *err)
{
	if (ftruncate(part->fd, 0) < 0 || lseek(part->fd, 0, SEEK_SET) < 0)
		return error_set(err, ERR_SYSTEM, "emptying '%s': %s", part->path, strerror(errno));
	hasher_free(part->hasher);
	part->hasher = hasher_new();
	part->size = 0;
	return 0;
}

static int check(struct part *part, const char *sha256, uint64_t size, struct error *err)
{
	char got[DIGEST_HEX_SIZE];

	hasher_end(STEAL(&part->hasher), got);
	part->hasher = hasher_new();
	if (size && part->size != size)
		return error_set(err, ERR_CORRUPT, "size differs: want %llu bytes, got %llu",
			(unsigned long long)size, (unsigned long long)part->size);
	if (sha256 && strcmp(got, sha256) != 0)
		return error_set(err, ERR_CORRUPT, "SHA-256 differs: want %s, got %s", sha256, got);
	return 0;
}

int part_finish(struct part *part, const char *sha256, uint64_t size, struct error *err)
{
	CLEANUP(free) char *dir = path_dir(part->target);

	if (check(part, sha256, size, err) < 0) {
		part_discard(part);
		return -1;
	}
	if (fchmod(part->fd, 0644) < 0 || fsync(part->fd) < 0 ||
		rename(part->path, part->target) < 0)
		return error_set(
			err, ERR_SYSTEM, "writing '%s': %s", part->target, strerror(errno));

	CLEANUP(fd_close) int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	part->is_own = false;
	if (dir_fd < 0 || fsync(dir_fd) < 0)
		return error_set(err, ERR_SYSTEM, "writing '%s' to disk: %s", dir, strerror(errno));
	return 0;
}

void part_discard(struct part *part)
{
	unlink(part->path);
}

void part_free(struct part *part)
{
	if (!part)
		return;
	if (part->is_own && part->path)
		unlink(part->path);
	fd_close(part->fd);
	hasher_free(part->hasher);
	free(part->target);
	free(part->path);
	free(part);
}
