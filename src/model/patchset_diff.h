/* SPDX-License-Identifier: Apache-2.0 */
/* patchset_diff.h - what one patch set has that another has not. Layer: model. Threads: any. */
#pragma once

#include <stddef.h>

struct package;
struct patchset;

enum difference_kind { DIFFERENCE_ADDED, DIFFERENCE_REMOVED, DIFFERENCE_CHANGED, DIFFERENCE_COUNT };

struct difference {
	enum difference_kind kind;
	const struct package *before, *after; /* borrowed from the sets; NULL where it is not */
};

/**
 * Compare two sets, package by package: changed means another version or other bytes.
 *
 * @param out  Differences sorted by platform, name, architecture; free(). NULL when there are none.
 * @return How many.
 */
size_t patchset_diff(
	const struct patchset *before, const struct patchset *after, struct difference **out);

/* "added", "removed", "changed". Static. */
const char *difference_name(enum difference_kind kind);
