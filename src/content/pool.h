/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.h - every file that a set needs, kept once under its SHA-256.
 *
 * A file lies at STATE/pool/sha256/aa/<64 digits> and is complete from the moment it is there: it comes
 * by a rename of bytes that were checked and are on disk. Names beside it that are no digest are no part
 * of the pool: "….part" is on its way, "….damaged" was set aside, "….changelog" was read out of it.
 * Layer: content. Threads and processes: any number at once.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct pool;

struct pool_totals {
	size_t files, damaged;
	uint64_t bytes;
};

/**
 * Open the pool below a state directory, making it when it is not there.
 * @param out  pool_close(). Untouched on failure.
 */
NODISCARD int pool_open(const char *state, struct pool **out, struct error *err);

/**
 * The same with nobody beside it, and without waiting, for who takes files away: what others find or put there while they have
 * the pool open stays until they have closed it.
 * @return 0, or -1 with err: ERR_CONFLICT (others have it open).
 */
NODISCARD int pool_open_alone(const char *state, struct pool **out, struct error *err);

/* Where a file lies, or would lie; free(). */
char *pool_path(const struct pool *pool, const char *sha256);

/* True when a file of that name and size is there. Its bytes are not read: see pool_check(). */
bool pool_has(const struct pool *pool, const char *sha256, uint64_t size);

/**
 * Take a file into the pool: hash it, flush it to disk, rename it. It must lie in the same file system.
 *
 * @param path  Gone after success; left in place on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (its digest is another), ERR_NOT_FOUND, ERR_SYSTEM (full disk).
 */
NODISCARD int pool_put(
	const struct pool *pool, const char *path, const char *sha256, struct error *err);

/** Put bytes in memory into the pool; sha256 receives their name. ERR_SYSTEM. */
NODISCARD int pool_put_bytes(const struct pool *pool, const void *bytes, size_t size,
	char sha256[DIGEST_HEX_SIZE], struct error *err);

/**
 * Hash a file of the pool and compare with its name, before it is used.
 * @return 0, or -1 with err: ERR_NOT_FOUND (missing), ERR_CORRUPT (changed), ERR_SYSTEM.
 */
NODISCARD int pool_check(const struct pool *pool, const char *sha256, struct error *err);

/** Read a small file of the pool whole, checked; text: free(). As pool_check(), and ERR_CORRUPT (too long). */
NODISCARD int pool_read(const struct pool *pool, const char *sha256, size_t limit, char **text,
	size_t *size, struct error *err);

/* A file that nothing needs any more. */
struct pool_waste {
	char *path; /* owned */
	uint64_t size;
};

struct pool_wastes {
	struct pool_waste *items;
	size_t count;
	char **unknown; /* paths of what is no file of the pool's; owned */
	size_t unknown_count;
};

/**
 * What may go: files that are not among the digests that are needed, what was read out of such ones, and half downloads and
 * damaged files that were not touched since `before`.
 *
 * @param needed  Sorted.
 * @param out     By path. pool_wastes_done().
 * @return 0, or -1 with err: ERR_SYSTEM (cannot be read).
 */
NODISCARD int pool_wastes(const struct pool *pool, const char *const *needed, size_t count,
	int64_t before, struct pool_wastes *out, struct error *err);
void pool_wastes_done(struct pool_wastes *w);
CLEANUP_DONE(struct pool_wastes, pool_wastes_done)

/**
 * Hash everything in the pool; what is damaged is set aside as "….damaged", so that nobody uses it.
 *
 * @param parallel  Threads.
 * @param on_bad    Called for each damaged file, in the calling thread, after all were read; NULL: none.
 * @return 0 also when something is damaged; -1 with err: ERR_SYSTEM (cannot be read).
 */
NODISCARD int pool_verify(const struct pool *pool, size_t parallel,
	void (*on_bad)(void *context, const char *sha256), void *context,
	struct pool_totals *totals, struct error *err);

void pool_close(struct pool *pool);
CLEANUP_FUNC(struct pool *, pool_close)
