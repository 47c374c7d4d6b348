/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set_files.h - the set's files as they lie here, each found right once before it leaves for the first host.
 *
 * A rollout to a thousand hosts would check the same signature and hash the same packages a thousand times. Each host
 * checks all it gets once more, so what is changed here after the check is refused there.
 * Layer: rollout. Threads: any; who asks for what is being checked waits for that.
 */
#pragma once

#include "base/own.h"

struct error;
struct patchset;
struct pool;
struct set_files;

/**
 * Take stock of a set; nothing is checked yet.
 * @param state, set  Borrowed as long as the stock lives.
 * @param out         set_files_free(). Untouched on failure.
 * @return 0, or -1 with err as pool_open().
 */
NODISCARD int set_files_new(
	const char *state, const struct patchset *set, struct set_files **out, struct error *err);

/* The set. Borrowed, as what follows. */
const struct patchset *set_files_set(const struct set_files *s);

/* Where its files lie. */
const struct pool *set_files_pool(const struct set_files *s);

/* Is the repository of that platform, signature and index, what was sealed? As repository_check(). */
NODISCARD int set_files_check_repository(
	struct set_files *s, const char *platform, struct error *err);

/* Is that file of the pool what its name says? As pool_check(). */
NODISCARD int set_files_check_file(struct set_files *s, const char *sha256, struct error *err);

void set_files_free(struct set_files *s);
CLEANUP_FUNC(struct set_files *, set_files_free)
