/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topology_read.h - the topology as it is now: the configuration with the clones that the store knows.
 *
 * Layer: clone. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/topology.h"

struct config;
struct error;
struct store;

/**
 * Have an environment for every clone that is not removed, its hosts where they answer now. Clones whose
 * original is no longer configured are there too, as orphans.
 *
 * @param out  topology_free(), before the config is freed. Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (a row that cannot be read).
 */
NODISCARD int topology_read(
	const struct config *config, struct store *store, struct topology **out, struct error *err);
