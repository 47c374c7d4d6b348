/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_progress.h - how far a host came in a rollout, and what it is by that.
 *
 * Folded from its steps in the order of their start: one after the other while they are done, or all at once from the
 * journal. Both come to the same. Pure. Layer: policy. Threads: any.
 */
#pragma once

#include "model/direction.h"
#include "model/step.h"
#include "model/step_state.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a host is known to be well. */
enum proof {
	PROOF_NEEDLESS, /* nothing was done to it that could have upset it */
	PROOF_OWED,     /* something was, and nobody found it well since */
	PROOF_GIVEN,    /* it was found well, and nothing was done to it since */
};

/* What was done to a host comes to this. What may have been done counts as done. */
struct host_standing {
	bool is_changed;     /* packages are not what they were before */
	bool is_reboot_owed; /* they were changed, and no reboot came after that */
	enum proof proof;
};

struct host_progress {
	int64_t attempts;            /* over the whole rollout */
	bool was_run[STEP_COUNT];    /* in the last attempt */
	enum step step;              /* that was begun last; not to be looked at before the first */
	enum step_state outcome;     /* of that; done before the first */
	struct host_standing now;    /* by all steps */
	struct host_standing before; /* by all but the last one */
};

/* No step yet. One that is to be undone is changed from the start. */
struct host_progress host_progress_none(enum direction direction);

/**
 * A step was started, or how it ended is known: any number of times, the last word counts.
 * @param attempt  Never smaller than that of the step before.
 */
void host_progress_note(
	struct host_progress *p, int64_t attempt, enum step step, enum step_state state);

/* It is known to be well: load may return to it. */
bool host_progress_is_sound(const struct host_progress *p);
