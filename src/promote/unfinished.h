/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unfinished.h - what killed programs left half-way: rehearsals, clones, rollouts.
 *
 * Each is told once, as the outermost thing that goes on: a rehearsal takes its clone and the rollout on it
 * along, an entry its rollout. What a living program is at is told too, and marked.
 * Layer: promote. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

enum unfinished_kind {
	UNFINISHED_REHEARSAL, /* running */
	UNFINISHED_MAKING,    /* a clone that is being made, or was not started yet */
	UNFINISHED_ENTERING,  /* its set is on the way to the original */
	UNFINISHED_SWAPPING,  /* it, or the originals on their way back, are being put in place */
	UNFINISHED_REMOVING,
	UNFINISHED_ROLLOUT, /* running */
	UNFINISHED_KIND_COUNT,
};

struct unfinished_operation {
	enum unfinished_kind kind;
	char *name;        /* "rehearsal-7", "production/clone-3", "rollout-12"; owned */
	char *environment; /* the original of a rehearsal or clone; where a rollout goes; owned */
	int64_t number;    /* of the rehearsal, clone or rollout */
	bool is_alive;     /* its program lives, or may */
};

struct unfinished {
	struct unfinished_operation *items; /* rehearsals, clones, rollouts; each by age; owned */
	size_t count, capacity;
};

/** Find all of it. @param out  unfinished_done(). Untouched on failure. */
NODISCARD int unfinished_find(struct store *store, struct unfinished *out, struct error *err);

/* Add one; takes the name. */
void unfinished_add(struct unfinished *r, enum unfinished_kind kind, char *name,
	const char *environment, int64_t number, bool is_alive);

/* "rehearsal", "making", "entering", "swapping", "removing", "rollout". Static. */
const char *unfinished_kind_name(enum unfinished_kind kind);

void unfinished_done(struct unfinished *r);
CLEANUP_DONE(struct unfinished, unfinished_done)
