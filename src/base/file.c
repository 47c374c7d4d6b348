/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define READ_SIZE        ((size_t)64 * 1024)
#define OPEN_DIRECTORIES 32

void fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int fd_check_left(struct error *err)
{
	CLEANUP(fd_close) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int cause = errno;
	struct rlimit limit = { 0 };

	if (fd >= 0 || (cause != EMFILE && cause != ENFILE))
		return 0;
	if (cause == ENFILE)
		return error_set(err, ERR_SYSTEM,
			"no file descriptor is left on this machine: 'sysctl fs.file-max' shows and raises the limit");
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	return error_set(err, ERR_SYSTEM,
		"no file descriptor is left: this program may have %llu open; 'ulimit -n' raises that, for a "
		"service LimitNOFILE",
		(unsigned long long)limit.rlim_cur);
}

void stream_close(FILE *stream)
{
	if (stream)
		fclose(stream);
}

static int check_kind(const char *path, const struct stat *st, struct error *err)
{
	static const struct {
		mode_t type;
		const char *name;
	} kinds[] = {
		{ S_IFDIR, "directory" },
		{ S_IFIFO, "FIFO" },
		{ S_IFSOCK, "socket" },
	};
	const char *name = "device";

	if (S_ISREG(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3)))
		return 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if ((st->st_mode & S_IFMT) == kinds[i].type)
			name = kinds[i].name;
	}
	return error_set(err, ERR_CORRUPT, "'%s' is a %s; want a file", path, name);
}

int file_check(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
			"opening '%s': %s", path, strerror(errno));
	return check_kind(path, &st, err);
}

/* Looked at before, for opening a device may do something, and after, for it may be another one by then. */
int file_open(const char *path, int *out, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	struct stat st;

	if (file_check(path, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
			"opening '%s': %s", path, strerror(errno));
	if (check_kind(path, &st, err) < 0)
		return -1;
	*out = fd;
	fd = -1;
	return 0;
}

int file_read(const char *path, size_t limit, char **text, size_t *size, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(free) char *buffer = mem_new(1, READ_SIZE);
	CLEANUP(str_done) struct str bytes = { 0 };
	ssize_t got;

	if (file_open(path, &fd, err) < 0)
		return -1;
	while ((got = read(fd, buffer, READ_SIZE)) > 0) {
		if (bytes.size + (size_t)got > limit)
			return error_set(
				err, ERR_CORRUPT, "'%s' is longer than %zu bytes", path, limit);
		str_add_bytes(&bytes, buffer, (size_t)got);
	}
	if (got < 0)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", path, strerror(errno));
	if (size)
		*size = bytes.size;
	*text = str_take(&bytes);
	return 0;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
	return fsync(fd);
}

int dir_sync(const char *path, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return error_set(
			err, ERR_SYSTEM, "writing '%s' to disk: %s", path, strerror(errno));
	return 0;
}

int file_write(const char *path, const void *bytes, size_t size, unsigned mode, struct error *err)
{
	CLEANUP(free) char *temporary = mem_printf("%s.XXXXXX", path);
	CLEANUP(free) char *dir = path_dir(path);
	CLEANUP(fd_close) int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, "creating '%s': %s", temporary, strerror(errno));
	if (fchmod(fd, mode) < 0 || write_all(fd, bytes, size) < 0 || rename(temporary, path) < 0) {
		int cause = errno;

		unlink(temporary);
		return error_set(err, ERR_SYSTEM, "writing '%s': %s", path, strerror(cause));
	}
	return dir_sync(dir, err);
}

/* A directory that survives a power cut: its name is in the one above. */
static int make_one(const char *path, unsigned mode, struct error *err)
{
	CLEANUP(free) char *above = path_dir(path);

	if (mkdir(path, mode) == 0)
		return dir_sync(above, err);
	if (errno == EEXIST)
		return 0;
	return error_set(err, ERR_SYSTEM, "making directory '%s': %s", path, strerror(errno));
}

int dir_make(const char *path, unsigned mode, struct error *err)
{
	CLEANUP(free) char *copy = mem_strdup(path);
	struct stat st;

	for (char *slash = copy + 1; *copy && slash; slash++) {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (make_one(copy, mode, err) < 0)
			return -1;
		if (!slash)
			break;
		*slash = '/';
	}
	if (*path && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return error_set(err, ERR_SYSTEM,
			"making directory '%s': something else of that name is there", path);
	return 0;
}

int dir_check_own(const char *path, struct error *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set(err, ERR_SYSTEM, "'%s': %s", path, strerror(errno));
	if (st.st_uid != geteuid())
		return error_set(err, ERR_USAGE,
			"'%s' belongs to user %u, and this is user %u: run as its owner, or chown it",
			path, st.st_uid, geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERR_USAGE,
			"others may write to '%s' (mode %04o): chmod go-w, after a look at what is in it",
			path, st.st_mode & 07777);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	/* Somebody else's removal in the meantime is not a reason to stop half-way. */
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int file_remove_all(const char *path, struct error *err)
{
	if (nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 &&
		errno != ENOENT)
		return error_set(err, ERR_SYSTEM, "removing '%s': %s", path, strerror(errno));
	return 0;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

char *path_join(const char *dir, const char *name)
{
	if (*name == '/')
		return mem_strdup(name);
	return mem_printf("%s/%s", dir, name);
}

char *path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}
