/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_state.h - the life of a rollout, as a table of moves.
 *
 * A stopped or paused rollout may run again: it then does only what is left, with the same frozen
 * inputs. Done and cancelled are final. Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum rollout_state {
	ROLLOUT_RUNNING,   /* hosts are being patched, or its program died while they were */
	ROLLOUT_PAUSED,    /* a person asked it to wait */
	ROLLOUT_STOPPED,   /* too many hosts failed */
	ROLLOUT_DONE,      /* final: every host is done, has nothing to do, or was skipped */
	ROLLOUT_CANCELLED, /* final: a person gave it up */
	ROLLOUT_STATE_COUNT,
};

/* The words, "paused" and so on. */
extern const struct names rollout_state_names;

/* The word for a value. Static. */
const char *rollout_state_name(enum rollout_state value);

/* True when a rollout may go from one state to the other. */
bool rollout_state_may_become(enum rollout_state from, enum rollout_state to);

/* True when no move leaves the state. */
bool rollout_state_is_final(enum rollout_state state);
