/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.h - what the Release file of an apt suite says: when, until when, and which indexes.
 *
 * Give it only text that a signature covers (signature_verify()).
 * Layer: content. Threads: any number may read one release.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct release;

/* A file below the suite's directory. */
struct release_file {
	const char *path;   /* "main/binary-amd64/Packages.xz" */
	const char *digest; /* lower case; see release_facts.digests */
	uint64_t size;
};

/* Strings are borrowed and never NULL ("" when not told). */
struct release_facts {
	const char *origin, *label, *suite, *codename;
	const char *architectures; /* words; "" when not told */
	const char *
		digests; /* of files: "SHA256"; "SHA512" where there is no other that is believed */
	int64_t date, valid_until; /* 0: no end */
	/*
	 * What apt's pin of it is by default: 500, or 1 (NotAutomatic: raises nothing that is installed), or 100 (with
	 * ButAutomaticUpgrades: raises what came from there).
	 */
	int priority;
	bool has_by_hash;   /* files may be asked for by their digest */
	bool has_all_index; /* packages of architecture "all" have an index of their own */
};

/**
 * Read a Release file.
 * @return 0, or -1 with err: ERR_CORRUPT (no Date, no list of SHA256 or SHA512, a bad line in it and which, a flag
 *         that is neither yes nor no).
 */
NODISCARD int release_read(const char *text, size_t size, struct release **out, struct error *err);

const struct release_facts *release_facts(const struct release *r);

/* False when it names architectures, and not this one. */
bool release_serves(const struct release *r, const char *architecture);

/* The file of that path; NULL when there is none. */
const struct release_file *release_find(const struct release *r, const char *path);

void release_free(struct release *r);
CLEANUP_FUNC(struct release *, release_free)
