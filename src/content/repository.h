/* SPDX-License-Identifier: Apache-2.0 */
/*
 * repository.h - one platform of a set as a signed repository, in the form of the platform's package manager (format.h).
 *
 * Its index is written before sealing, from what the packages themselves say, is kept in the pool, and its digest stands
 * in the manifest. After sealing it is signed in STATE/sets/<digest>/<platform>/. For apt a repository is flat; what a
 * host gets is
 *
 *	Packages             the pool file of that digest
 *	Release, InRelease   from the set's directory; Date is the moment of freezing
 *	pool/<sha256>.deb    the pool file of that digest
 *
 * Layer: content. Threads: any.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct package;
struct patchset;
struct pool;

/* The index of one platform. */
struct repository_index {
	char sha256[DIGEST_HEX_SIZE];
	uint64_t size;
};

/**
 * Write the index of some packages into the pool.
 *
 * @param packages  Of that platform, any order; their files are in the pool.
 * @return 0, or -1 with err: ERR_NOT_FOUND (a file is missing), ERR_CORRUPT (a file is damaged, or holds
 *         another package, version or architecture than the one that it is pinned as), ERR_SYSTEM.
 */
NODISCARD int repository_index(const struct pool *pool, const char *platform,
	const struct package *const *packages, size_t count, struct repository_index *out,
	struct error *err);

/* The Packages indexes of a set, one a repository, in its order. */
struct set_indexes {
	char **paths; /* owned */
	size_t count;
};

/**
 * Where the Packages indexes of a set lie, each checked.
 * @param out  set_indexes_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (which is missing or damaged), ERR_SYSTEM.
 */
NODISCARD int set_indexes_open(
	const char *state, const struct patchset *set, struct set_indexes *out, struct error *err);

void set_indexes_done(struct set_indexes *s);
CLEANUP_DONE(struct set_indexes, set_indexes_done)

/** Sign the repositories of all platforms of a set. ERR_SYSTEM. */
NODISCARD int repository_publish(const char *state, const struct patchset *set, struct error *err);

/* A set that is to be sealed, with the text of its manifest; everything borrowed. */
struct sealing {
	const char *state;
	const struct patchset *set;
	const char *text;
	size_t size;
};

/**
 * Seal a set: its repositories, then its manifest, then what the store knows of it. What has no manifest was never sealed:
 * a program that dies on the way leaves nothing that counts.
 *
 * @param record  Writes it into the store. When it fails, what was written goes again, unless it was there before.
 * @return 0, or -1 with err: ERR_SYSTEM, what `record` says.
 */
NODISCARD int repository_seal(const struct sealing *sealing,
	int (*record)(void *context, struct error *err), void *context, struct error *err);

/**
 * Check a repository of a set: the index in the pool, what vouches for it, its signature.
 * @return 0, or -1 with err: ERR_NOT_FOUND (a file is missing), ERR_CORRUPT (which one was changed).
 */
NODISCARD int repository_check(
	const char *state, const struct patchset *set, const char *platform, struct error *err);

/* STATE/sets/<digest>/<platform>; free(). */
char *repository_dir(const char *state, const char *digest, const char *platform);
