/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setfile.h - sealed manifests on disk: STATE/sets/<digest>/manifest.
 *
 * A set is opened by its digest and its bytes are checked against it each time: one that was changed is
 * refused wherever it is used. Layer: content. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct error;
struct fetch_options;
struct package;
struct patchset;
struct pool;

/** Write a sealed manifest to its place, last of what belongs to the set; fine when it is there. ERR_CORRUPT (not its digest), ERR_SYSTEM. */
NODISCARD int setfile_write(
	const char *state, const char *digest, const char *text, size_t size, struct error *err);

/**
 * Open a set.
 * @param out  patchset_free(). Untouched on failure.
 * @return 0, or -1 with err naming the file: ERR_NOT_FOUND (also: it was cleaned, and when), ERR_CORRUPT (changed), ERR_SYSTEM.
 */
NODISCARD int setfile_open(
	const char *state, const char *digest, struct patchset **out, struct error *err);

/** Whether a set has no manifest because it was cleaned. */
bool setfile_is_cleaned(const char *state, const char *digest);

/** Whether a set has its manifest. */
bool setfile_exists(const char *state, const char *digest);

/**
 * Take away all that belongs to a set but a note of when that was, which setfile_open() tells; nothing happens when there is no
 * more. The store has said so before: a program that dies on the way leaves what the next one takes away. ERR_SYSTEM.
 */
NODISCARD int setfile_clean(const char *state, const char *digest, int64_t at, struct error *err);

/** Take away all that belongs to a set that was not sealed after all. ERR_SYSTEM. */
NODISCARD int setfile_remove(const char *state, const char *digest, struct error *err);

/** The digests of all sets on disk that have a manifest, sorted, ended by NULL: free() each and the list. ERR_SYSTEM. */
NODISCARD int setfile_list(const char *state, char ***out, struct error *err);

/**
 * Make sure that the files of packages are in the pool: fetch from their sources what is missing.
 *
 * Those that are there are not read again (pool_check() and pool_verify() do).
 * @param options  NULL: defaults.
 * @return 0, or -1 with err: ERR_NOT_FOUND (a source that the configuration does not have, or a file that
 *         its source has no more), what fetch_files() says.
 */
NODISCARD int packages_fetch(const struct config *config, const struct pool *pool,
	const struct package *const *packages, size_t count, const struct fetch_options *options,
	struct error *err);

/** The same for all packages of a set. */
NODISCARD int set_fetch(const struct config *config, const struct pool *pool,
	const struct patchset *set, const struct fetch_options *options, struct error *err);
