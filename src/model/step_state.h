/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step_state.h - the life of one attempt at a step, and how it ended.
 *
 * A step is saved as started before it is done, so that a crash leaves a question, not a lie.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum step_state {
	STEP_STATE_STARTED, /* written before the action: it may or may not have happened */
	STEP_STATE_DONE,    /* it ended well */
	STEP_STATE_REFUSED, /* it was not done, and nothing was changed by it */
	STEP_STATE_FAILED,  /* it ended badly, and may have changed something */
	STEP_STATE_AT_WORK, /* nobody waits for it any longer; the host may still be doing it */
	STEP_STATE_LOST,    /* it runs no more, and nobody can say how it ended */
	STEP_STATE_UNWELL, /* of a way back: it is back, and a service or a check of it is not well */
	STEP_STATE_COUNT,
};

/* The words, "at-work" and so on. */
extern const struct names step_state_names;

/* True while the host may be doing it: how it ends is not known yet. */
bool step_state_is_open(enum step_state value);

/* The word for a value. Static. */
const char *step_state_name(enum step_state value);
