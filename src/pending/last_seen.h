/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_seen.h - every configured host as it was last seen; one that never was is there too.
 *
 * What counts is where the configuration has a host. Hosts that it does not have are not there.
 * Layer: pending. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "store/host.h"

struct config;
struct environment;
struct error;
struct store;

/**
 * Read the hosts of an environment, or of the whole line.
 *
 * @param environment  May be a clone; NULL: all of the line.
 * @param out  By environment in the order of the line, group, name; one that was never scanned since it is
 *             configured has no state, no error and no times. host_rows_done(). Untouched on failure.
 */
NODISCARD int last_seen_read(const struct config *config, const struct environment *environment,
	struct store *store, struct host_rows *out, struct error *err);

/* "it was never scanned", or how reading it failed: why there is no state. Borrowed from the row. */
const char *last_seen_why(const struct host_row *row);
