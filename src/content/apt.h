/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apt.h - sync one apt archive: signed Release files, and every Packages index that they vouch for.
 *
 * Nothing that is in use is touched: an index is a file named by the SHA-256 of its uncompressed text,
 * and only the caller, holding the whole result, says that it is the one to use from now on. A sync that
 * is killed or fails at any moment changes nothing but what the next one need not fetch again.
 * Layer: content. Threads: any; one source in two calls at once is safe.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct fetch_options;
struct source;

/* A suite's Release file. Strings are owned by the result and never NULL. */
struct apt_release {
	char *suite;  /* as configured */
	char *sha256; /* of the InRelease file (or Release) that was used */
	char *origin, *label, *release_suite, *codename;
	int64_t date, valid_until; /* 0: no end */
	int priority;              /* as struct release_facts has it */
	bool is_security;
	bool is_expired; /* past Valid-Until, and used all the same: the source says so */
};

/* A Packages index: STATE/indexes/<sha256>. */
struct apt_index {
	size_t release; /* its place in `releases` */
	char *component, *architecture;
	char *sha256; /* of the uncompressed text */
	uint64_t size;
};

struct apt_result {
	struct apt_release *releases;
	size_t release_count;
	struct apt_index *indexes;
	size_t index_count;
	size_t fetched; /* how many indexes were downloaded; the others were here */
};

/* The Release that is in use: an older one is refused, and one that says it is something else. */
struct apt_known {
	const char *suite;
	int64_t date;
	const char *origin, *label, *codename; /* NULL: not known */
	int priority;                          /* 0: not known */
};

struct apt_options {
	const char *state;
	int64_t now;
	const struct apt_known *known;
	size_t known_count;
	bool takes_change; /* one that is not what `known` says is taken: a person said so */
	const struct fetch_options *fetch; /* NULL: defaults */
	/* Called, with the context of `fetch`, when another program holds the source; NULL for none. */
	void (*on_wait)(void *context, const char *holder);
};

/**
 * Sync a source.
 *
 * @param out  Release with apt_result_done(). Untouched on failure.
 * @return 0, or -1 with err, naming suite and file: what fetch_files(), signature_verify(),
 *         release_read() and archive_decompress() say; ERR_CORRUPT (expired, older than the one in use,
 *         for another suite, no such component or architecture); ERR_REFUSED (another archive than `known` says).
 */
NODISCARD int apt_sync(const struct source *source, const struct apt_options *options,
	struct apt_result *out, struct error *err);

/**
 * Would sync find in a Release file, whose signature was checked, what the source asks for? Nothing is fetched.
 * @return 0, or -1 with err: ERR_CORRUPT, as apt_sync().
 */
NODISCARD int apt_judge_release(
	const struct source *source, const char *suite, const char *text, struct error *err);

/* The folder of a suite's Release file, without a slash at its end. A suite "binary/" is flat: below the URI itself. Owned by the caller. */
char *apt_suite_url(const char *uri, const char *suite);

/* True when a Release with that Label, or a source marked so, holds security fixes. */
bool apt_is_security(const struct source *source, const char *label);

void apt_result_done(struct apt_result *result);
CLEANUP_DONE(struct apt_result, apt_result_done)
