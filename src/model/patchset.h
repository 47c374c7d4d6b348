/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patchset.h - a sealed patch set: exactly which packages a rollout may install.
 *
 * Immutable. Its name is the SHA-256 of its manifest, a sorted text in deb822 form; hosts, gates and
 * evidence point at a set by that name, never at "latest", so two hosts patched a month apart get the
 * same bytes. A set is built with struct patchset_draft, sealed into a text, and read back from it;
 * reading checks form and order, and the caller's digest against the bytes.
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
	bool is_new; /* on no known host before: a dependency that the others need */
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
