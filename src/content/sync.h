/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync.h - refresh the verified indexes of all sources and record them as the ones in use.
 *
 * Each source stands alone: one that fails keeps its last good indexes and does not stop the others.
 * Layer: content. Threads: one sync at a time per process; processes: any.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct fetch_progress;
struct store;

/* How the sync of one source ended. */
struct sync_outcome {
	const char *source; /* borrowed from the config */
	struct error error; /* kind is ERR_NONE when it is good */
	size_t suites, indexes, fetched;
	bool is_expired; /* past Valid-Until, used because the source ignores it */
};

struct sync_report {
	struct sync_outcome *outcomes; /* owned */
	size_t count, failed;
};

struct sync_options {
	const char *const *only;  /* names of sources, ended by NULL; NULL: all */
	const char *actor;        /* who is recorded */
	const char *takes_change; /* the source that may have become another archive; NULL: none */
	unsigned parallel;        /* sources at a time; 0: 4 */
	/* Called from the threads of the sources, one at a time; NULL for none. */
	void (*on_progress)(
		void *context, const char *source, const struct fetch_progress *progress);
	/* Likewise, when a source is held by another program ("process 1234"): its end is waited for. */
	void (*on_wait)(void *context, const char *source, const char *holder);
	/* Read an index that is not in use yet: -1 with err refuses it, and the source's last good ones stay. NULL: taken as it is. */
	int (*judge)(void *context, const char *source, const char *path, struct error *err);
	void *context;
};

/**
 * Sync sources.
 *
 * @param out  Release with sync_report_done(). Untouched on failure.
 * @return 0 when it was tried for all (read `failed`), or -1 with err: ERR_NOT_FOUND (a name in `only`),
 *         or what the store says.
 */
NODISCARD int sync_sources(const struct config *config, struct store *store,
	const struct sync_options *options, struct sync_report *out, struct error *err);

void sync_report_done(struct sync_report *report);
CLEANUP_DONE(struct sync_report, sync_report_done)
