/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollback_set.h - the packages that one host goes back to, found and sealed before it is changed.
 *
 * Looked for in sealed sets, in the indexes of the sources, and built anew from the host's own files last. What hosts go
 * back to is a patch set like any other, signed and checked, of no lane: nothing can be promoted with it. Hosts that
 * go back to the same bytes share it.
 * Layer: rollout. Threads: one; rollback_set_rebuild() of different hosts side by side.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"
#include "model/patchset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool;
struct rollout_request;
struct session;
struct way_back;

struct rollback_set {
	struct way_back *way;     /* borrowed; gets its set, and which packages were rebuilt */
	const char *host;         /* borrowed; its name */
	struct package *packages; /* owned; one for each of the way; sha256 NULL: not found */
};

/* Those that are found and sealed together. */
struct rollback_sets {
	const struct rollout_request *request; /* borrowed */
	struct pool *pool;                     /* owned */
	struct rollback_set *items;            /* owned list, each too */
	size_t count;
};

/**
 * None yet, and room for so many.
 * @param out  rollback_sets_done(). Untouched on failure.
 * @return 0, or -1 with err as pool_open().
 */
NODISCARD int rollback_sets_open(const struct rollout_request *request, size_t most,
	struct rollback_sets *out, struct error *err);

/* One of all packages of a way, none found. */
void rollback_sets_add(struct rollback_sets *sets, struct way_back *way, const char *host);

/**
 * Find the packages in sealed sets and indexes, and fetch what the pool lacks. What is nowhere is left unfound.
 * @return 0, or -1 with err: ERR_SYSTEM, and what reading the sets and the store says.
 */
NODISCARD int rollback_sets_find(struct rollback_sets *sets, struct error *err);

/* The first package that is not found; NULL when the set is whole. */
const struct package *rollback_set_lack(const struct rollback_set *b);

/**
 * Build anew on the host what was not found.
 * @return 0, or -1 with err: which package cannot be rebuilt, and why.
 */
NODISCARD int rollback_set_rebuild(const struct rollback_sets *sets, struct rollback_set *b,
	struct session *session, struct error *err);

/**
 * Seal the packages of each rollback set that is whole as a set of its own, and tell its way.
 * @param rollout  They are for.
 */
NODISCARD int rollback_sets_seal(struct rollback_sets *sets, int64_t rollout, struct error *err);

void rollback_sets_done(struct rollback_sets *sets);
CLEANUP_DONE(struct rollback_sets, rollback_sets_done)
