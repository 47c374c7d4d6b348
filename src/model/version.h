/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.h - the orders of package versions: which is newer, as the package manager of a platform has it.
 *
 * An order is a row's of package_managers.c. In dpkg's, [epoch:]upstream[-revision], "1.0~rc1" is older than "1.0", "1.0"
 * equals "1.0-0" and "0:1.0".
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

struct version_order {
	/* As version_compare(), of any two texts. */
	int (*compare)(const char *a, const char *b);

	/* True when the package manager takes it for a version. */
	bool (*is_valid)(const char *version);
};

extern const struct version_order version_order_dpkg;

/* That of a platform, "debian-12-amd64". Static. */
const struct version_order *version_order_of(const char *platform);

/* Below 0 when a is older than b, 0 when they are equal, above 0 when a is newer. */
int version_compare(const struct version_order *order, const char *a, const char *b);

/* True when `version` stands in that relation to `bound`; VERSION_ANY is always true. */
bool version_satisfies(const struct version_order *order, const char *version,
	enum version_relation relation, const char *bound);

/* "<<", "=", ...; "" for VERSION_ANY. Static. */
const char *version_relation_name(enum version_relation relation);
