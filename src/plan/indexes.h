/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indexes.h - the universe of a platform, from the indexes in use.
 *
 * Kept in STATE/universes, a file a platform, which is mapped: an index is read as text once, by `sync` or by who
 * needs it first. Layer: plan. Threads: any.
 */
#pragma once

#include "base/own.h"

struct config;
struct error;
struct platform;
struct store;
struct universe;

/**
 * The universe of a platform: finished, and no host state is in it. What was kept and is damaged is made again, with
 * an event: universe.damaged.
 *
 * @param out  Freed with universe_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (a source was never synced), as universe_load().
 */
NODISCARD int indexes_load(const struct config *config, struct store *store,
	const struct platform *platform, struct universe **out, struct error *err);

/**
 * Keep the universe of each platform whose sources were synced, and remove what is of no platform any more.
 * @return 0, or -1 with err: as indexes_load(), ERR_SYSTEM (it cannot be kept).
 */
NODISCARD int indexes_keep(const struct config *config, struct store *store, struct error *err);
