/* SPDX-License-Identifier: Apache-2.0 */
/*
 * original.h - what an environment was at a moment: release, packages and named files of every host.
 *
 * Written down when a clone is taken; an approval of the clone counts for the original only as long as
 * nothing of it has changed. Two of them are compared in plain words.
 * Layer: clone (fleet fills it, see rehearse/fingerprint.h). Threads: any number may read one.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct hoststate;
struct jvalue;
struct original;
struct store;

/* A file below one of the paths that the group names. All borrowed, never NULL. */
struct original_file {
	const char *path;
	const char *kind;    /* "file", "link", or "missing": a named path that is not there */
	const char *mode;    /* "644 0:0": permissions, owner, group; "" unless a file */
	const char *content; /* SHA-256 of a file; what a link points to; "" */
};

/* A host of an original; strings are borrowed from it and never NULL. */
struct original_host {
	const char *name, *group;
	const char *release;  /* that it told; "" when it told none */
	const char *state;    /* digest of its host state, which the store keeps */
	const char *packages; /* digest over names, versions, architectures and holds alone */
	struct original_file *files; /* by path */
	size_t file_count;
};

/* A new one without hosts; original_free(). @param release  That was told of it; NULL: none. */
struct original *original_new(const char *environment, const char *release, int64_t at);

/* Add a host, then its files; everything is copied. Hosts and paths may come in any order. */
void original_add_host(struct original *o, const struct original_host *host);
void original_add_file(struct original *o, const struct original_file *file);

/* Leave a host out, with its files; nothing happens when there is none of that name. */
void original_drop_host(struct original *o, const char *name);

size_t original_count(const struct original *o);
const struct original_host *original_at(const struct original *o, size_t index); /* by name */

/* As JSON for the store, owned by the caller. */
char *original_write(const struct original *o);

/**
 * Read what original_write() wrote.
 * @param out  original_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT.
 */
NODISCARD int original_read(const char *text, struct original **out, struct error *err);

/* SHA-256 over all that counts: equal exactly when original_compare() finds nothing. Returns out. */
const char *original_fingerprint(const struct original *o, char out[DIGEST_HEX_SIZE]);

/* The `packages` of a host: over name, version, architecture and hold of each. Returns out. */
const char *packages_digest(const struct hoststate *state, char out[DIGEST_HEX_SIZE]);

/* Sentences: "prod-web1: nginx 1.22.1-9 -> 1.22.1-10", "release 2.2 -> 2.3". */
struct differences {
	char **items; /* owned */
	size_t count, capacity;
};

/* Add a sentence. */
void differences_add(struct differences *d, const char *fmt, ...) PRINTF(2, 3);

/* Add what of the packages differs, each sentence beginning with `host`. */
void packages_compare(const char *host, const struct hoststate *then, const struct hoststate *now,
	struct differences *out);

/**
 * What has changed between two moments of one environment, hosts by name.
 *
 * @param store  Has the states that both name.
 * @param out    differences_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (a state is not kept), ERR_CORRUPT.
 */
NODISCARD int original_compare(struct store *store, const struct original *then,
	const struct original *now, struct differences *out, struct error *err);

void differences_done(struct differences *d);
CLEANUP_DONE(struct differences, differences_done)

void original_free(struct original *o);
CLEANUP_FUNC(struct original *, original_free)
