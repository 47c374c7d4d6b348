/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.h - the package indexes in use, and how the last sync of each source ended.
 *
 * The indexes of a source are replaced all at once, so that nobody ever sees half of a sync. A sync
 * that failed leaves them as they were and only tells why. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

/* One Packages index of a source. */
struct index_row {
	const char *source; /* name in the configuration; given to the store it may be left NULL */
	const char *suite, *component, *architecture; /* "bookworm-security", "main", "amd64" */
	const char *packages_sha256;                  /* of the uncompressed Packages text */
	int64_t packages_size;                        /* bytes of that text */
	const char *inrelease_sha256;                 /* of the signed Release file */
	int64_t release_at;                           /* its Date; the caller's */
	int64_t valid_until;                          /* its Valid-Until; the caller's; 0: none */
	const char *origin, *label, *release_suite,
		*codename; /* as in the Release file; "" when not told */
	int64_t priority; /* of its packages, as its Release file wants it: 500, 100, 1; 0: not known */
	int64_t synced_at;
};

struct index_rows {
	struct index_row *items;
	size_t count;
};

/* How the last sync of a source ended. */
struct sync_row {
	const char *source;
	int64_t at;             /* of the last sync, good or bad */
	int64_t good_at;        /* of the last good one; 0: never */
	const char *error_kind; /* "unreachable"; NULL when it was good */
	const char *error;      /* its text; NULL when it was good */
};

struct sync_rows {
	struct sync_row *items;
	size_t count;
};

/**
 * Put the result of a good sync in use: the indexes of the source are these, and no others.
 * Events: source.changed for each suite that was another archive before (which of origin, label, release_suite,
 * codename, priority, from what to what), sync.done.
 */
NODISCARD int store_index_replace(struct store *store, const char *source,
	const struct index_rows *rows, const char *actor, struct error *err);

/** Tell that a sync failed; the indexes in use stay. Event: sync.failed. */
NODISCARD int store_sync_failed(struct store *store, const char *source, const struct error *cause,
	const char *actor, struct error *err);

/**
 * The indexes in use, by source, suite, component, architecture.
 * @param source  NULL: of all sources.
 */
NODISCARD int store_indexes(
	struct store *store, const char *source, struct index_rows *out, struct error *err);

/** The last sync of every source that was ever tried, by name. */
NODISCARD int store_syncs(struct store *store, struct sync_rows *out, struct error *err);

/* Where the text of an index lies; free(). */
char *store_index_path(const char *state, const char *sha256);

void index_rows_done(struct index_rows *rows);
CLEANUP_DONE(struct index_rows, index_rows_done)
void sync_rows_done(struct sync_rows *rows);
CLEANUP_DONE(struct sync_rows, sync_rows_done)
