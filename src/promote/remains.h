/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remains.h - what killed programs left half-way: rehearsals, clones, rollouts.
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

enum remnant_kind {
	REMNANT_REHEARSAL, /* running */
	REMNANT_MAKING,    /* a clone that is being made, or was not started yet */
	REMNANT_ENTERING,  /* its set is on the way to the original */
	REMNANT_SWAPPING,  /* it, or the originals on their way back, are being put in place */
	REMNANT_REMOVING,
	REMNANT_ROLLOUT, /* running */
	REMNANT_KIND_COUNT,
};

struct remnant {
	enum remnant_kind kind;
	char *name;        /* "rehearsal-7", "production/clone-3", "rollout-12"; owned */
	char *environment; /* the original of a rehearsal or clone; where a rollout goes; owned */
	int64_t number;    /* of the rehearsal, clone or rollout */
	bool is_alive;     /* its program lives, or may */
};

struct remains {
	struct remnant *items; /* rehearsals, clones, rollouts; each by age; owned */
	size_t count, capacity;
};

/** Find all of it. @param out  remains_done(). Untouched on failure. */
NODISCARD int remains_find(struct store *store, struct remains *out, struct error *err);

/* Add one; takes the name. */
void remains_add(struct remains *r, enum remnant_kind kind, char *name, const char *environment,
	int64_t number, bool is_alive);

/* "rehearsal", "making", "entering", "swapping", "removing", "rollout". Static. */
const char *remnant_kind_name(enum remnant_kind kind);

void remains_done(struct remains *r);
CLEANUP_DONE(struct remains, remains_done)
