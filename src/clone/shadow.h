/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shadow.h - the clones that the store knows, as environments of the configuration.
 *
 * Layer: clone. Threads: before the config is shared.
 */
#pragma once

#include "base/own.h"

struct config;
struct clone_row;
struct error;
struct store;

/**
 * Have an environment for every clone that is not removed. Clones whose original is no longer
 * configured are there too, as orphans.
 *
 * @return 0, or -1 with err: ERR_CORRUPT (a row that cannot be read).
 */
NODISCARD int shadow_add(struct config *c, struct store *store, struct error *err);

/**
 * Have the environment of a clone say what its row says now: it is added, or the addresses of its
 * hosts are brought up to date. For a program that has just made, started or stopped it.
 *
 * @return 0, or -1 with err: ERR_CORRUPT (the row cannot be read).
 */
NODISCARD int shadow_update(struct config *c, const struct clone_row *row, struct error *err);
