/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal_state.h - the life of a rehearsal, as a table of moves.
 *
 * A failed one may run again: it then does only what is left. Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum rehearsal_state {
	REHEARSAL_RUNNING, /* cloning, patching or testing, or its program died while it was */
	REHEARSAL_WAITING, /* the tests have passed; somebody must approve */
	REHEARSAL_FAILED,  /* a step or a test failed; the clone is there to be looked at */
	REHEARSAL_ENTERED, /* final: what it tried is in the original */
	REHEARSAL_ENDED,   /* final: there was nothing to try, or the clone is gone */
	REHEARSAL_COUNT,
};

/* The words, "ended" and so on. */
extern const struct names rehearsal_state_names;

/* The word for a value. Static. */
const char *rehearsal_state_name(enum rehearsal_state value);

/* True when a rehearsal may go from one state to the other. */
bool rehearsal_state_may_become(enum rehearsal_state from, enum rehearsal_state to);

/* True when no move leaves the state. */
bool rehearsal_state_is_final(enum rehearsal_state state);
