/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - the order of Debian package versions, exactly dpkg's: [epoch:]upstream[-revision].
 *
 * "1.0~rc1" is older than "1.0", "1.0" equals "1.0-0" and "0:1.0". Any text has its place in the
 * order; version_is_valid() says whether dpkg would take it.
 * Layer: model. Threads: any.
 */
#pragma once

#include <stdbool.h>

/* What a dependency asks of a version; the old forms "<" and ">" mean "<=" and ">=". */
enum version_relation {
	VERSION_ANY,
	VERSION_LESS,          /* << */
	VERSION_LESS_EQUAL,    /* <= */
	VERSION_EQUAL,         /* = */
	VERSION_GREATER_EQUAL, /* >= */
	VERSION_GREATER,       /* >> */
	VERSION_RELATION_COUNT,
};

/* Below 0 when a is older than b, 0 when they are equal, above 0 when a is newer. */
int version_compare(const char *a, const char *b);

/* True when `version` stands in that relation to `bound`; VERSION_ANY is always true. */
bool version_satisfies(const char *version, enum version_relation relation, const char *bound);

/* True when dpkg takes it: an epoch of digits, known characters, nothing empty. */
bool version_is_valid(const char *version);

/* "<<", "=", ...; "" for VERSION_ANY. Static. */
const char *version_relation_name(enum version_relation relation);
