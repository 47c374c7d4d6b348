/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone_state.h - the life of a clone, as a table of moves.
 *
 * A failed action is no state: it stands in the journal (store/clone.h), and its words in the clone's
 * reason; the clone stays where it was until the action is done or taken back.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum clone_state {
	CLONE_MAKING,    /* being copied, sanitized, or its program died while it was */
	CLONE_MADE,      /* copied and sanitized; never started yet */
	CLONE_RUNNING,   /* started inside its fence */
	CLONE_STOPPED,   /* its hosts are down, nothing is lost */
	CLONE_ENTERING,  /* its set is being brought to the original */
	CLONE_ENTERED,   /* the original has its set; the clone has served */
	CLONE_SWAPPING,  /* it is being put into the place of the original */
	CLONE_SWAPPED,   /* it is the environment now; the original is kept */
	CLONE_RETURNING, /* the original is being put back */
	CLONE_REMOVING,  /* being removed, or its program died while it was */
	CLONE_REMOVED,   /* final: nothing of it is left but what was learned */
	CLONE_COUNT,
};

/* The words, "removed" and so on. */
extern const struct names clone_state_names;

/* The word for a value. Static. */
const char *clone_state_name(enum clone_state value);

/* True when a clone may go from one state to the other. */
bool clone_state_may_become(enum clone_state from, enum clone_state to);

/* True when no move leaves the state. */
bool clone_state_is_final(enum clone_state state);
