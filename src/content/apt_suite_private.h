/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apt_suite_private.h - the signed Release file of one suite: fetched, verified, and fresh enough.
 *
 * The signed bytes of the last fetch are kept, so that one that has not changed is not sent again; they
 * are verified each time all the same. Stays in content/.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apt_options;
struct error;
struct release;
struct source;

struct apt_suite {
	const char *name; /* borrowed from the source */
	bool is_flat; /* its name ends with a slash: one Packages beside its Release, of no component */
	char *url;        /* "URI/dists/SUITE"; of a flat one "URI/SUITE", without the slash */
	char *public_url; /* likewise, as it may be shown */
	char *kept;       /* path of the signed bytes without their name: "…/bookworm." */
	struct release *release;
	char sha256[DIGEST_HEX_SIZE]; /* of the signed file */
	bool is_expired;
};

struct apt_suites {
	struct apt_suite *items; /* owned */
	size_t count;
};

/**
 * Fetch and verify the Release files of all suites of a source, whose directory is there and locked.
 *
 * @param out  apt_suites_done(). Untouched on failure.
 */
NODISCARD int apt_suites_open(const struct source *source, const struct apt_options *options,
	struct apt_suites *out, struct error *err);

/* Is it the Release file of the suite that was asked for? ERR_CORRUPT: a mirror serves another, and is not believed. */
NODISCARD int apt_suite_check_name(
	const struct source *source, const struct apt_suite *s, struct error *err);

void apt_suites_done(struct apt_suites *suites);
CLEANUP_DONE(struct apt_suites, apt_suites_done)
