/* SPDX-License-Identifier: Apache-2.0 */
/*
 * installation.h - which installation this is, among those that share hosts and snapshot providers.
 *
 * The id is made at random with the database, and never changes. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

struct error;
struct store;

#define INSTALLATION_ID_LENGTH 8 /* digits of base 16 */

/**
 * Its id: "3fa9c1d2".
 * @param out  Owned by the caller: free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (it has none), or what the database says.
 */
NODISCARD int store_installation(struct store *store, char **out, struct error *err);
