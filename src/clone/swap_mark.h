/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap_mark.h - the entry in a clone's journal with which a swap, or the return of the originals, began.
 *
 * It says which batches of hosts change places, whatever the configuration says by then, and what the
 * original was before. Layer: clone. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/environment_status.h"
#include "policy/batch.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct jvalue;
struct store;

/* What a swap or a return was begun with, as its first entry in the journal says. swap_mark_done(). */
struct swap_mark {
	int64_t seq;                    /* of that entry; 0: there is none */
	struct jvalue *json;            /* owned: names that were read are borrowed from it */
	const char **groups;            /* names, ended by NULL; the list is owned */
	struct batches batches;         /* of a swap, whatever the configuration says by then */
	enum environment_status status; /* of the original before */
	char *set;                      /* that it had; NULL: none; owned */
	char *reason;                   /* of a return; "" */
	bool is_asked;                  /* a return that a person wanted */
};

/* Actions that begin a swap and a return. */
#define SWAP_MARK   "swap"
#define RETURN_MARK "return"

/** The last mark of that kind. @param out  Untouched on failure. */
NODISCARD int swap_mark_find(struct store *store, const char *clone, const char *kind,
	struct swap_mark *out, struct error *err);

/* As the details of the journal's entry; owned by the caller. */
struct jvalue *swap_mark_json(const struct swap_mark *mark);

void swap_mark_done(struct swap_mark *mark);
CLEANUP_DONE(struct swap_mark, swap_mark_done)
