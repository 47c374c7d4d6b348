/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - files and directories: whole reads with a limit, writes that appear complete or not at all.
 *
 * Layer: base. Threads: any (different paths).
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct error;

/* Close when open (>= 0). */
void fd_close(int fd);
CLEANUP_FUNC(int, fd_close)

/**
 * Can this program open one more file?
 * @return 0, or -1 with err: ERR_SYSTEM (no descriptor is left: the limit, and what raises it).
 */
NODISCARD int fd_check_left(struct error *err);

/* Close when not NULL; for streams whose write errors were checked before. */
void stream_close(FILE *stream);
CLEANUP_FUNC(FILE *, stream_close)

/**
 * Open a file that others may have made, to be read: a plain one, or /dev/null. Of a FIFO or a device reading might never end.
 *
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (what it is instead), ERR_SYSTEM. Never waits.
 */
NODISCARD int file_open(const char *path, int *out, struct error *err);

/**
 * Is it a file that file_open() would open? For libraries that open it themselves.
 * @return As file_open().
 */
NODISCARD int file_check(const char *path, struct error *err);

/**
 * Read a whole file, as file_open() opens it.
 *
 * @param limit  Most bytes accepted; a longer file is refused.
 * @param text   The bytes, with a NUL behind them that `size` does not count; free(). Untouched on failure.
 * @param size   NULL when not wanted.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (longer than limit, or no plain file), ERR_SYSTEM.
 */
NODISCARD int file_read(
	const char *path, size_t limit, char **text, size_t *size, struct error *err);

/**
 * Write a whole file: into a temporary name beside it, fsync, rename, fsync of the directory.
 * After a crash the path holds the old bytes or the new ones, never a mixture.
 *
 * @param mode  Permission bits, e.g. 0644.
 * @return 0, or -1 with err: ERR_SYSTEM (also a full disk; the old file is still there).
 */
NODISCARD int file_write(
	const char *path, const void *bytes, size_t size, unsigned mode, struct error *err);

/* Make a directory and its parents, each on the disk when this returns 0; fine when it is there. ERR_SYSTEM. */
NODISCARD int dir_make(const char *path, unsigned mode, struct error *err);

/**
 * Is a directory this user's own, and does nobody else write to it? Whoever may rename in it could replace all that is there.
 * @return 0, or -1 with err: ERR_USAGE (whose it is, or its mode, and what puts that right), ERR_SYSTEM.
 */
NODISCARD int dir_check_own(const char *path, struct error *err);

/* Bring to the disk which names a directory holds. ERR_SYSTEM. */
NODISCARD int dir_sync(const char *path, struct error *err);

/* Remove a file or a whole directory, never following links; fine when it is gone. ERR_SYSTEM. */
NODISCARD int file_remove_all(const char *path, struct error *err);

/* True when something is there. */
bool file_exists(const char *path);

/* "dir/name", owned by the caller; an absolute name is returned as it is. */
char *path_join(const char *dir, const char *name);

/* The part before the last slash ("." when there is none), owned by the caller. */
char *path_dir(const char *path);
