/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.h - the repository of a set for one platform, in the form that the platform's package manager reads.
 *
 * Whatever the form, a host gets an index, which is a file of the pool; a signed file that vouches for the index, and lies
 * in the set's folder; and packages as pool/<sha256>.<suffix>. Another form is a struct like this in a file, and a row in
 * formats.c. Same packages, same bytes; only the signature differs. Layer: content. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct package;
struct patchset;
struct repository;
struct str;

struct repository_format {
	const char *manager; /* a package manager's name: that of the platforms which read it */
	const char *suffix;  /* of a package's file: "deb" */
	const char *index;   /* what the index is called on hosts: "Packages" */
	const char *proof;   /* what the signed file is called: "InRelease" */

	/*
	 * Write what the index says of a package behind `out`. Between two of them comes an empty line.
	 * @param path  Its file, which has the digest that the set says.
	 * @return 0, or -1 with err: ERR_CORRUPT (no package, or another than the set says), ERR_SYSTEM.
	 */
	int (*describe)(
		const char *path, const struct package *p, struct str *out, struct error *err);

	/*
	 * Write the signed file, and what else stands beside it, into a folder that is there; signed with the key of
	 * the state directory.
	 * @return 0, or -1 with err: ERR_SYSTEM.
	 */
	int (*publish)(const char *state, const char *folder, const struct patchset *set,
		const struct repository *r, struct error *err);

	/* Is it as published? 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (which file was changed). */
	int (*check)(const char *state, const char *folder, const struct patchset *set,
		const struct repository *r, struct error *err);
};

extern const struct repository_format repository_format_apt;

/* Static; in formats.c. */
extern const struct repository_format *const repository_formats[];
extern const size_t repository_formats_count;

/* That of a platform, "debian-12-amd64": its package manager's. Static. */
const struct repository_format *repository_format_of(const char *platform);
