/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone_action_state.h - how an action on a clone stands in the journal.
 *
 * Running with nobody working on it means that it may or may not have happened: every action of a
 * provider may be done again. Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum clone_action_state {
	CLONE_ACTION_RUNNING,     /* written down, not yet ended */
	CLONE_ACTION_DONE,        /* ended well */
	CLONE_ACTION_FAILED,      /* ended with an error */
	CLONE_ACTION_INTERRUPTED, /* its program died; what came after took it up */
	CLONE_ACTION_COUNT,
};

/* The words, "interrupted" and so on. */
extern const struct names clone_action_state_names;

/* The word for a value. Static. */
const char *clone_action_state_name(enum clone_action_state value);
