/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines.h - the hosts of a clone, and how they are reached: the text that its row keeps.
 *
 * Layer: clone. Threads: plain data.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct environment;
struct error;

/* A host of a clone; strings are owned and never NULL. */
struct machine {
	char *host; /* plain name: "prod-web1" */
	char *group;
	char *address; /* where its sshd answers; "" while it is not running */
	int port;      /* 0: as the original's */
	char *original_address, *original_user; /* the original's, when it was copied */
	int original_port;
};

struct machines {
	struct machine *items; /* by group, then as in the configuration */
	size_t count;
	char **inside; /* command that runs another one inside the fence; ended by NULL; NULL: none */
};

/* The hosts of an environment as machines to be; machines_done(). */
struct machines machines_of(const struct environment *e);

/* The machine of that plain name; NULL when there is none. */
struct machine *machines_find(const struct machines *m, const char *host);

/* Tell where a machine answers, or that it does not: "" and 0. The address is copied. */
void machine_set_address(struct machine *m, const char *address, int port);

/* Replace the command that enters the fence. @param words  Copied; ended by NULL; NULL: none. */
void machines_set_inside(struct machines *m, const char *const *words);

/* As the JSON text of clone_row.machines; free(). */
char *machines_text(const struct machines *m);

/**
 * Read it again.
 * @param out  machines_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT.
 */
NODISCARD int machines_read(const char *text, struct machines *out, struct error *err);

void machines_done(struct machines *m);
static inline void machines_done_p(struct machines *m)
{
	machines_done(m);
}
