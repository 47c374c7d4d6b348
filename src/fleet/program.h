/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program.h - the sh programs of host/, kept inside the binary: what runs on a host is what was built.
 *
 * tools/embed.sh writes the table: each program with the parts it names put in their places, once a package manager
 * where some are that manager's.
 * Layer: fleet. Threads: any.
 */
#pragma once

#include <stddef.h>

struct program {
	const char *name;    /* "inventory" for host/inventory.sh */
	const char *manager; /* whose functions are in it: "apt"; "": it runs on every host */
	const char *text;    /* ASCII; not ended by NUL */
	size_t size;
};

/*
 * The program of that name for hosts of a platform (NULL: not known, or it does not matter); NULL when there is none.
 * Static.
 */
const struct program *program_find(const char *name, const char *platform);

/* How many there are. */
size_t program_count(void);
