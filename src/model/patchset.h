/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patchset.h - a sealed patch set: exactly which packages a rollout may install.
 *
 * Immutable. Its name is the SHA-256 of its manifest, a sorted text in deb822 form; hosts, gates and
 * evidence point at a set by that name, never at "latest", so two hosts patched a month apart get the
 * same bytes. A set is built with struct patchset_draft (patchset_draft.h), sealed into a text, and read
 * back from it; reading checks form and order, and the caller's digest against the bytes.
 *
 * Layer: model (may include base only). Threads: any number may read one set.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct patchset;

/* Largest manifest that is read: about 500,000 packages. */
#define PATCHSET_TEXT_MAX ((size_t)256 * 1024 * 1024)

/* One pinned package. Strings are UTF-8, never NULL, and borrowed from the set. */
struct package {
	const char *platform;     /* "debian-12-amd64" */
	const char *name;         /* "openssl" */
	const char *version;      /* "3.0.22-1~deb12u2" */
	const char *architecture; /* "amd64", "all" */
	const char *sha256;       /* of the .deb, 64 hexadecimal digits */
	uint64_t size;            /* bytes of the .deb */
	const char *source;       /* name of the feed it came from */
	const char *filename;     /* path below the feed's URI */
	const char
		*advisories; /* CVE and advisory ids, sorted, single spaces between; "" for none */
	bool is_security;
	const char *above;   /* only for hosts that have something newer than that; "" for all */
	bool raises_nothing; /* only for hosts that have none of it */
	const char *
		passed_by; /* a newer one, of a source of lower priority, that a host had already; "" for none */
	bool is_new; /* on no known host before: a dependency that the others need */
};

/* A host whose needs were not known, so that nothing in the set was chosen for it. */
struct unplanned {
	const char *host, *environment;
	const char *reason; /* "it was never scanned" */
};

/* What freezing saw and did not take. */
struct left_out {
	const char *platform, *name, *version, *architecture;
	const char *reason; /* "excluded by --except", "held on qa-db1", "does not resolve: ..." */
};

/* The signed repository of one platform that hosts install from. */
struct repository {
	const char *platform;
	const char *packages_sha256; /* of its Packages index, kept in the pool */
	uint64_t packages_size;
};

/* The state of an upstream suite at the moment of freezing. */
struct set_source {
	const char *source;         /* name of the feed */
	const char *suite;          /* "bookworm-security" */
	const char *release_sha256; /* of the InRelease file (or Release) that was used */
};

/**
 * Read a sealed set.
 *
 * @param text    The manifest; borrowed during the call only.
 * @param digest  The set's name: the text's SHA-256 must be this; NULL to take any text.
 * @param out     Owned by the caller: patchset_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (digest differs, or the line and what is wrong with it: unknown
 *         or missing field, order, doubled package, bad digest or size, anything not as sealing writes it).
 */
NODISCARD int patchset_read(const char *text, size_t size, const char *digest,
	struct patchset **out, struct error *err);

/* The set's name, 64 hexadecimal digits. Borrowed, as all that follows. */
const char *patchset_digest(const struct patchset *set);
const char *patchset_release(const struct patchset *set);     /* "2.2" */
const char *patchset_narrowed_by(const struct patchset *set); /* "security-only"; "" for not */
int64_t patchset_created_at(const struct patchset *set);

/* Packages of all platforms, sorted by platform, name, architecture; of one there may be several versions, for other hosts each. */
size_t patchset_count(const struct patchset *set);
const struct package *patchset_at(const struct patchset *set, size_t index);

/* How many belong to a platform; *first (NULL when not wanted) is the index of the first of them. */
size_t patchset_platform(const struct patchset *set, const char *platform, size_t *first);

/* The package of that platform, name, exact architecture and version (NULL: the newest); NULL when there is none. */
const struct package *patchset_find(const struct patchset *set, const char *platform,
	const char *name, const char *architecture, const char *version);

/* Lists in their order: repositories by platform, left out ones by platform, name, ..., sources. */
size_t patchset_repository_count(const struct patchset *set);
const struct repository *patchset_repository_at(const struct patchset *set, size_t index);
const struct repository *patchset_repository(const struct patchset *set, const char *platform);
size_t patchset_left_out_count(const struct patchset *set);
const struct left_out *patchset_left_out_at(const struct patchset *set, size_t index);
size_t patchset_unplanned_count(const struct patchset *set);
const struct unplanned *patchset_unplanned_at(const struct patchset *set, size_t index);
size_t patchset_source_count(const struct patchset *set);
const struct set_source *patchset_source_at(const struct patchset *set, size_t index);

/* Why the set was not planned for a host (of the line, by its plain name); NULL when it may have been. */
const char *patchset_unplanned(const struct patchset *set, const char *host);

void patchset_free(struct patchset *set);
CLEANUP_FUNC(struct patchset *, patchset_free)
