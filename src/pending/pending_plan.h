/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pending_plan.h - every host as last seen, and what could change on each with the indexes in use.
 *
 * Hosts in the same state share one plan, so the cost follows the number of distinct states. The base of
 * freezing (what is new?) and of the board (what is pending?).
 * Layer: pending. Threads: pending_plan_make() in one (it plans with several); any number may read.
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
struct pending_plan;
struct plan;
struct plan_options;
struct platform;
struct seen_host;
struct store;
struct universe;

/* A state that hosts are in. All borrowed from the pending plan. */
struct pending_plan_state {
	const struct hoststate *state;
	const struct plan *plan; /* what could change */
	size_t platform;         /* index of its platform */
};

/* A platform that hosts have. All borrowed. */
struct pending_plan_platform {
	const struct platform *platform;
	const struct universe *universe;
};

#define PENDING_PLAN_NONE SIZE_MAX

/**
 * Read the configured hosts as last seen and plan the states they are in.
 *
 * @param environment  Whose hosts; NULL: those of the line, which clones are no part of.
 * @param options  For planning; NULL: everything. Borrowed during the call only. Names that no source of
 *                 a platform and none of its hosts knows are passed over there.
 * @param out      Freed with pending_plan_free(). Untouched on failure.
 * A host whose state is none, or is of a platform that is not configured, is from then on one that could not be read: its
 * `error` says why, and nothing is planned for it.
 * @return 0, or -1 with err: ERR_REFUSED (a platform whose sources were never synced; no host is of a platform that is
 *         configured: which, and what to do), ERR_USAGE (a name in options that no platform knows),
 *         what planning and the store say.
 */
NODISCARD int pending_plan_make(const struct config *config, struct store *store,
	const struct environment *environment, const struct plan_options *options,
	struct pending_plan **out, struct error *err);

/**
 * The same of hosts that were read already: all of them, and everything that could change.
 * @param seen  Borrowed until pending_plan_free().
 */
NODISCARD int pending_plan_of(const struct config *config, struct store *store,
	struct last_seen *seen, struct pending_plan **out, struct error *err);

/**
 * Plan the same states anew with other options; the plans before are gone, also on failure.
 * @return 0, or -1 with err: as pending_plan_make().
 */
NODISCARD int pending_plan_replan(
	struct pending_plan *o, const struct plan_options *options, struct error *err);

/* As last_seen_hosts() has them; the index of a host's state, PENDING_PLAN_NONE when never scanned. */
size_t pending_plan_host_count(const struct pending_plan *o);
const struct seen_host *pending_plan_host_at(const struct pending_plan *o, size_t host);
size_t pending_plan_state_of(const struct pending_plan *o, size_t host);
/* The same of a host as the last_seen has it that was planned from. */
size_t pending_plan_state_of_seen(const struct pending_plan *o, const struct seen_host *host);

size_t pending_plan_state_count(const struct pending_plan *o);
struct pending_plan_state pending_plan_state_at(const struct pending_plan *o, size_t state);

size_t pending_plan_platform_count(const struct pending_plan *o);
struct pending_plan_platform pending_plan_platform_at(
	const struct pending_plan *o, size_t platform);

void pending_plan_free(struct pending_plan *o);
CLEANUP_FUNC(struct pending_plan *, pending_plan_free)
