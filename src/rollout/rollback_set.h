/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollback_set.h - the packages that one host goes back to, found and sealed before it is changed.
 *
 * Looked for in sealed sets, in the indexes of the sources, and built anew from the host's own files last. What hosts go
 * back to is a patch set like any other, signed and checked, of no lane: nothing can be promoted with it. Hosts that
 * go back to the same bytes share it.
 * Layer: rollout. Threads: rollback_sets_find() and rollback_sets_seal() in one; rollback_set_rebuild() of different hosts side by side.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"
#include "model/patchset.h"

#include <stddef.h>
#include <stdint.h>

struct pool;
struct rollout_request;
struct session;
struct way_back;

/* All borrowed but the packages. */
struct rollback_set {
	struct way_back *way;     /* gets its set, and which packages were rebuilt */
	struct session *session;  /* with the host */
	const char *host;         /* its name */
	struct package *packages; /* owned; one for each of the way; sha256 NULL: not found */
	struct error lack;        /* why there is no way back; ERR_NONE while there may be */
};

/* A rollback set of all packages of a way, none found. rollback_set_done(). */
struct rollback_set rollback_set_of(
	struct way_back *way, const char *host, struct session *session);

/**
 * Find the packages in sealed sets and indexes, and fetch what the pool lacks. What is nowhere is left unfound.
 * @return 0, or -1 with err: ERR_SYSTEM, and what reading the sets and the store says.
 */
NODISCARD int rollback_sets_find(const struct rollout_request *r, const struct pool *pool,
	struct rollback_set *bundles, size_t count, struct error *err);

/* Build anew on the host what was not found. When that fails, the rollback set tells what it lacks. */
void rollback_set_rebuild(
	const struct rollout_request *r, const struct pool *pool, struct rollback_set *b);

/**
 * Seal the packages of each rollback set that lacks nothing as a set of its own, and tell its way.
 * @param rollout  They are for.
 */
NODISCARD int rollback_sets_seal(const struct rollout_request *r, const struct pool *pool,
	int64_t rollout, struct rollback_set *bundles, size_t count, struct error *err);

void rollback_set_done(struct rollback_set *b);
