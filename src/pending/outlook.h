/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outlook.h - every host as last seen, and what could change on each with the indexes in use.
 *
 * Hosts in the same state share one plan, so the cost follows the number of distinct states. The base of
 * freezing (what is new?) and of the board (what is pending?).
 * Layer: pending. Threads: outlook_make() in one (it plans with several); any number may read.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct hoststate;
struct last_seen;
struct outlook;
struct plan;
struct plan_options;
struct platform;
struct seen_host;
struct store;
struct universe;

/* A state that hosts are in. All borrowed from the outlook. */
struct outlook_state {
	const struct hoststate *state;
	const struct plan *plan; /* what could change */
	size_t platform;         /* index of its platform */
};

/* A platform that hosts have. All borrowed. */
struct outlook_platform {
	const struct platform *platform;
	const struct universe *universe;
};

#define OUTLOOK_NONE SIZE_MAX

/**
 * Read the configured hosts as last seen and plan the states they are in.
 *
 * @param environment  Whose hosts; NULL: those of the line, which clones are no part of.
 * @param options  For planning; NULL: everything. Borrowed during the call only. Names that no source of
 *                 a platform and none of its hosts knows are passed over there.
 * @param out      Freed with outlook_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (a host of a platform that is not configured, or whose sources
 *         were never synced: which, and what to do), ERR_USAGE (a name in options that no platform knows),
 *         what planning and the store say.
 */
NODISCARD int outlook_make(const struct config *config, struct store *store,
	const struct environment *environment, const struct plan_options *options,
	struct outlook **out, struct error *err);

/**
 * The same of hosts that were read already: all of them, and everything that could change.
 * @param seen  Borrowed until outlook_free().
 */
NODISCARD int outlook_of(const struct config *config, struct store *store, struct last_seen *seen,
	struct outlook **out, struct error *err);

/**
 * Plan the same states anew with other options; the plans before are gone, also on failure.
 * @return 0, or -1 with err: as outlook_make().
 */
NODISCARD int outlook_replan(
	struct outlook *o, const struct plan_options *options, struct error *err);

/* As last_seen_hosts() has them; the index of a host's state, OUTLOOK_NONE when never scanned. */
size_t outlook_host_count(const struct outlook *o);
const struct seen_host *outlook_host_at(const struct outlook *o, size_t host);
size_t outlook_state_of(const struct outlook *o, size_t host);

size_t outlook_state_count(const struct outlook *o);
struct outlook_state outlook_state_at(const struct outlook *o, size_t state);

size_t outlook_platform_count(const struct outlook *o);
struct outlook_platform outlook_platform_at(const struct outlook *o, size_t platform);

void outlook_free(struct outlook *o);
CLEANUP_FUNC(struct outlook *, outlook_free)
