/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package_manager.h - the package managers that hosts may have, and what follows from which.
 *
 * A platform has one, known by its distribution, the first word of the platform's name. Another one is a row in
 * package_managers.c, beside its folder of host programs (docs/howto/add-a-package-manager.md).
 * Layer: model. Threads: any.
 */
#pragma once

#include <stddef.h>

struct version_order;

struct package_manager {
	const char *name;                 /* the folder of its functions below host/: "apt" */
	const char *const *distributions; /* ended by NULL; NULL: all that no row names */
	const struct version_order *versions;
	const char *error_line;  /* what its complaint about a package starts with, in a log */
	const char *refuse_line; /* what its own complaint starts with, as a whole */
	const char
		*repeat_line; /* likewise, when it only says that there was one about a package */
	/* For people, as commands: */
	const char *audit;  /* tells what is wrong with its packages */
	const char *repair; /* puts that right */
	const char *unhold; /* lets a held package change */
};

/* Static; the last row takes what no other names. */
extern const struct package_manager package_managers[];
extern const size_t package_managers_count;

/* That of a platform, "debian-12-amd64". Static. */
const struct package_manager *package_manager_of(const char *platform);
