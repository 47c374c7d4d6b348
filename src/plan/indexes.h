/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indexes.h - the universe of a platform, from the indexes in use.
 *
 * Kept in STATE/universes, a file a platform, which is mapped: an index is read as text once, by `sync` or by who
 * needs it first. Layer: plan. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

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

/* A stanza of an index in use that cannot be read: it is left out of all planning. Texts are owned. */
struct unread_stanza {
	char *source;
	char *index;  /* "bookworm/main/amd64" */
	char *reason; /* "line 17: 'tool' has the version '1.2_3', which is none" */
	size_t count; /* 1; of the last that is named of an index, with how many others follow it */
};

/* In the order of their platforms and indexes. */
struct unread_stanzas {
	struct unread_stanza *items; /* owned */
	size_t count, capacity;
};

/**
 * Keep the universe of each platform whose sources were synced, and remove what is of no platform any more.
 *
 * @param unread  What cannot be read of them, added. Emptied with unread_stanzas_done().
 * @return 0, or -1 with err: as indexes_load(), ERR_SYSTEM (it cannot be kept).
 */
NODISCARD int indexes_keep(const struct config *config, struct store *store,
	struct unread_stanzas *unread, struct error *err);

/**
 * What cannot be read of the indexes in use of a source, added.
 * @return 0, or -1 with err: as indexes_load(), but a source that was never synced has nothing.
 */
NODISCARD int indexes_unread(const struct config *config, struct store *store, const char *source,
	struct unread_stanzas *unread, struct error *err);

/**
 * Judge an index before it is put in use. One of a source that no platform has is not read.
 * @return 0, or -1 with err: ERR_CORRUPT (it has stanzas, and none can be read), ERR_NOT_FOUND, ERR_SYSTEM.
 */
NODISCARD int indexes_judge(
	const struct config *config, const char *source, const char *path, struct error *err);

void unread_stanzas_done(struct unread_stanzas *u);
CLEANUP_DONE(struct unread_stanzas, unread_stanzas_done)
