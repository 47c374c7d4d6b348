/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment_scan.h - scan the hosts of an environment and write down in the store what they said.
 *
 * A host that cannot be read keeps its last good state there, with the error beside it.
 * Layer: fleet. Threads: one scan, one thread; its callback comes from one at a time.
 */
#pragma once

#include "base/own.h"
#include "fleet/scan.h"
#include "model/place.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct environment;
struct error;
struct inventory;
struct session_pool;
struct store;
struct topology;

struct environment_scan_options {
	const struct config *config;
	const struct environment *environment; /* may be a clone; NULL: the whole line */
	const char *const *names; /* of hosts of it, ended by NULL; NULL: all of them */
	const struct topology
		*topology; /* then names may be of clones' hosts too; NULL: they are not */
	const char *actor;
	/* Called when a host has answered or failed; NULL for none. */
	void (*on_host)(void *context, const struct place *place, const struct scan_target *target,
		size_t done, size_t count);
	void *context;
};

/* places[i] is where targets[i] stands; in the order of the configuration. environment_scan_done(). */
struct environment_scan {
	struct session_pool *
		pool; /* owned; of the targets' sessions, and of what else is done with these hosts */
	struct place *places;
	struct scan_target *targets;
	size_t count, failed;
};

/**
 * Scan and record.
 *
 * @param out  Also filled when hosts failed. Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (a name that is no host), or what the store says.
 * Blocks until every host has answered or failed.
 */
NODISCARD int environment_scan_take(struct store *store,
	const struct environment_scan_options *options, struct environment_scan *out,
	struct error *err);

/**
 * The hosts and their sessions, without asking any; no target has an inventory yet.
 * @return 0, or -1 with err: ERR_NOT_FOUND as environment_scan_take().
 */
NODISCARD int environment_scan_prepare(const struct environment_scan_options *options,
	struct environment_scan *out, struct error *err);

/** Scan and record the hosts of a scan that was prepared, as environment_scan_take(). Each is asked anew. */
NODISCARD int environment_scan_run(struct store *store,
	const struct environment_scan_options *options, struct environment_scan *scan,
	struct error *err);

/** Scan and record one of its hosts. Any thread, one a host. @return As environment_scan_run(). */
NODISCARD int environment_scan_look(struct store *store, struct environment_scan *scan,
	size_t index, const char *actor, struct error *err);

/**
 * Record what one host said.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int environment_scan_record(struct store *store, const struct place *place,
	const struct inventory *inventory, const char *actor, struct error *err);

/* Close and free what the scan holds. */
void environment_scan_done(struct environment_scan *c);
CLEANUP_DONE(struct environment_scan, environment_scan_done)
