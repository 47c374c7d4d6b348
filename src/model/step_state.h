/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step_state.h - the life of one attempt at a step.
 *
 * A step is saved as started before it is done, so that a crash leaves a question, not a lie.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "base/own.h"
#include "model/names.h"

#include <stdbool.h>

enum step_state {
	STEP_STATE_STARTED,   /* written before the action: it may or may not have happened */
	STEP_STATE_SUCCEEDED, /* the action ended well */
	STEP_STATE_FAILED,    /* the action ended badly; the step tells the error */
	STEP_STATE_COUNT,
};

/* The words, "succeeded" and so on. */
extern const struct names step_state_names;

/* The word for a value. Static. */
const char *step_state_name(enum step_state value);

/* True, with the value in *out, when the word stands for one; else *out is untouched. */
NODISCARD bool step_state_from_name(const char *word, enum step_state *out);
