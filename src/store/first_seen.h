/* SPDX-License-Identifier: Apache-2.0 */
/*
 * first_seen.h - since when a version that some host lacks has been on offer: the age of what is pending.
 *
 * An observation, not a change of anybody's state: it writes no event. Layer: store. Threads: as store.h
 * says.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct first_seen_row {
	const char *platform, *name, *architecture, *version;
	int64_t first_at; /* given to the store: used when it is the first time */
};

struct first_seen_rows {
	struct first_seen_row *items;
	size_t count;
};

/** Note what is on offer now; what was noted before keeps its time. One transaction. */
NODISCARD int store_first_seen_note(
	struct store *store, const struct first_seen_rows *rows, struct error *err);

/** All sightings, by platform, name, architecture, version. */
NODISCARD int store_first_seen(struct store *store, struct first_seen_rows *out, struct error *err);

void first_seen_rows_done(struct first_seen_rows *rows);
CLEANUP_DONE(struct first_seen_rows, first_seen_rows_done)
