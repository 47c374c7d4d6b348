/* SPDX-License-Identifier: Apache-2.0 */
/*
 * changelog.h - what a Debian changelog says happened between two versions of a package.
 *
 * Entries are chosen by comparing versions, never by where the text of a version stands: rebuilds ("+b6")
 * stand in no changelog, and backports carry older entries along. Layer: content. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct pool;

struct changelog_summary {
	char *advisories; /* owned: CVE, DSA, DLA and GHSA ids, sorted, single spaces between; "" for none */
	char *urgency; /* owned: the highest of the chosen entries, "high"; "" when there are none */
	int64_t newest_at; /* date of the newest chosen entry; 0 when there are none */
	size_t entries;    /* how many were chosen */
	char *unread; /* owned: why it could not be unpacked; NULL: it could, or there is none */
};

/**
 * Sum up the entries newer than one version, up to and including another.
 *
 * @param text  A changelog as deb-changelog(5) says; what is not understood in it is passed over.
 * @param from  The installed version, not included; "" for all.
 * @param to    The new version.
 * @param out   Release with changelog_summary_done().
 */
void changelog_summarize(const char *text, size_t size, const char *from, const char *to,
	struct changelog_summary *out);

/* A package whose file is in the pool. */
struct changelog_package {
	const char *name, *sha256;
};

struct changelog_question {
	const char *name, *sha256; /* whose changelog is asked for */
	const char *from, *to;     /* versions, as above */
	/* Where a changelog that is shared with another package is looked for. */
	const struct changelog_package *others;
	size_t other_count;
};

/**
 * The same out of a package file, following documentation that is shared with another package.
 *
 * @param out  Without entries when the changelog is in none of the files, or cannot be unpacked. Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (not in the pool), ERR_CORRUPT (the pool's file was changed), ERR_SYSTEM.
 */
NODISCARD int changelog_of_package(const struct pool *pool,
	const struct changelog_question *question, struct changelog_summary *out,
	struct error *err);

/**
 * The id of an advisory as changelogs write it: "CVE-2026-1234" for "cve-2026-1234".
 * @return NULL when the text is none, as the name of a package is; else free().
 */
char *changelog_id(const char *text);

void changelog_summary_done(struct changelog_summary *summary);
CLEANUP_DONE(struct changelog_summary, changelog_summary_done)
