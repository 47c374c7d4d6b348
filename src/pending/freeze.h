/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze.h - resolve new patches now, over all environments' hosts or those of one, and seal them with a release.
 *
 * A set is sealed only when it resolves by itself on every host state that is known and every byte is
 * in the pool. What was seen and not taken is recorded in it.
 * Layer: pending. Threads: one freeze at a time per request; it plans with several.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct freeze;
struct seen_host;
struct patchset;
struct store;

/* All borrowed. Lists end with NULL; NULL means empty. */
struct freeze_request {
	const struct config *config;
	struct store *store;
	const char *release;
	const char *actor;
	/* Whose hosts are frozen for: an environment, and the candidate is of the snapshot lane; NULL:
	   all of the line. */
	const struct environment *environment;
	bool is_security_only;
	const char *const *only, *const *except; /* package names */
	/* Instead of only: names of packages or of their sources, and ids of advisories (CVE-..., DSA-..., GHSA-...)
	   as changelogs name them; these, what they need, and nothing more. */
	const char *const *fixes;
	bool wants_all_hosts; /* refuse when one was never read, instead of leaving it out */
	bool is_dry_run;      /* plan and fetch nothing, seal nothing */
	/* Called while bytes are fetched; NULL for none. */
	void (*on_progress)(void *context, uint64_t done, uint64_t total, const char *words);
	void *context;
};

/**
 * Freeze.
 *
 * @param out  What was frozen; freeze_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (hosts never scanned, an index never synced, a host of an
 *         unknown platform, a union that does not resolve: which, why and what to do), ERR_NOT_FOUND
 *         (a name in only or except; a fix: what was searched, or that hosts have it already), what
 *         fetching and the store say. Ids of fixes make even a dry run fetch: changelogs are in the packages.
 */
NODISCARD int freeze_make(
	const struct freeze_request *request, struct freeze **out, struct error *err);

/* The sealed set; NULL after a dry run. Borrowed. */
const struct patchset *freeze_set(const struct freeze *f);

/* The candidate's id; "" after a dry run. */
const char *freeze_candidate(const struct freeze *f);

/* True when the release's newest set holds the same already: it was taken, and nothing was sealed. */
bool freeze_is_unchanged(const struct freeze *f);

/* One package that would be or was frozen. Strings are borrowed from the freeze. */
struct frozen {
	const char *platform, *name, *version, *architecture;
	const char *oldest;     /* oldest version on any host; "" when new everywhere */
	const char *advisories; /* "" when none are known, or after a dry run */
	const char *why;        /* "asked for: CVE-2026-1234", "pending", "needed by nginx" */
	uint64_t size;
	bool is_security, is_new;
	const struct environment *first; /* the first environment in which it will be exercised */
	size_t hosts;                    /* on which it changes something */
};

/* Sorted by platform, name, architecture. */
size_t freeze_count(const struct freeze *f);
const struct frozen *freeze_at(const struct freeze *f, size_t index);

/* How many packages an environment's hosts change, each counted once. */
size_t freeze_environment_count(const struct freeze *f, const struct environment *e);

/*
 * The hosts that the set is not planned for, because they were never read (last_seen_why()): one after the other,
 * NULL behind the last. Begin with *host 0.
 */
const struct seen_host *freeze_unplanned_next(const struct freeze *f, size_t *host);

/* What was left out, and hosts that could not be planned: "qa-db1: dpkg is not consistent: ...". */
size_t freeze_note_count(const struct freeze *f);
const char *freeze_note_at(const struct freeze *f, size_t index);

void freeze_free(struct freeze *f);
CLEANUP_FUNC(struct freeze *, freeze_free)
