/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan.h - read the inventory of many hosts side by side.
 *
 * Layer: fleet. Threads: scan_run() may be called from any; its callback is called from one at a time.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inventory;
struct session;
struct session_pool;

/* One host to ask, and what it answered. */
struct scan_target {
	struct session *session; /* owned: scan_targets_done() */
	const char
		*release_check; /* command that prints its release; NULL or "" for none; borrowed */

	struct inventory *inventory; /* out: owned; NULL when it failed */
	struct error error;          /* out: kind ERR_NONE when it worked */
	int64_t elapsed_ms;          /* out: connecting included */
};

struct scan_options {
	int64_t timeout_ms; /* for one host's inventory once connected; 0: two minutes */
	/* Called when a host is done or failed, one call at a time, from any thread; NULL for none. */
	void (*on_done)(void *context, const struct scan_target *target, size_t done, size_t count);
	void *context;
};

/**
 * Scan hosts side by side, as many as the pool of their sessions allows. Failures stand in the targets; one host
 * never stops the others.
 *
 * @return How many failed.
 * Blocks until every host has answered or failed.
 */
size_t scan_run(const struct session_pool *pool, struct scan_target *targets, size_t count,
	const struct scan_options *options);

/**
 * Read the inventory of one host.
 * @param release_check  NULL or "" for none.
 * @param out  inventory_free(). Untouched on failure.
 * @return 0, or -1 with err: as session_run(), ERR_SYSTEM (the program failed: its own words), ERR_CORRUPT.
 */
NODISCARD int scan_host(struct session *s, const char *release_check, int64_t timeout_ms,
	struct inventory **out, struct error *err);

/* Close and free what the targets hold; the targets themselves stay the caller's. */
void scan_targets_done(struct scan_target *targets, size_t count);
