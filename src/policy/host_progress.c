/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/host_progress.h"

#include <string.h>

struct host_progress host_progress_none(enum direction direction)
{
	struct host_standing none = { .is_changed = direction == DIRECTION_BACK };

	return (struct host_progress){ .outcome = STEP_STATE_DONE, .now = none, .before = none };
}

/* A look that came to no end tells nothing; what else did not end well may have been done in part. */
static struct host_standing standing_after(
	struct host_standing h, enum step step, enum step_state state)
{
	bool is_done = state == STEP_STATE_DONE;

	switch (step) {
	case STEP_APPLY:
		return (struct host_standing){ true, true, PROOF_OWED };
	case STEP_REBOOT:
		h.is_reboot_owed = h.is_reboot_owed && !is_done;
		h.proof = PROOF_OWED;
		return h;
	case STEP_RESTART:
		h.proof = PROOF_OWED;
		return h;
	case STEP_VERIFY:
		if (is_done || state == STEP_STATE_FAILED)
			h.proof = is_done ? PROOF_GIVEN : PROOF_OWED;
		return h;
	case STEP_REVERT:
		if (is_done || state == STEP_STATE_UNWELL)
			return (struct host_standing){ false, false,
				is_done ? PROOF_GIVEN : PROOF_OWED };
		/* One that is back already only proves it again. */
		return (struct host_standing){ h.is_changed, h.is_changed, PROOF_OWED };
	case STEP_STAGE:
	case STEP_HOLD_UPDATERS:
	case STEP_PRECHECK:
	case STEP_DRAIN:
	case STEP_SNAPSHOT:
	case STEP_FREE_UPDATERS:
	case STEP_UNDRAIN:
	case STEP_COUNT:
		break;
	}
	return h;
}

/* More is known of the step that was begun last. */
static bool is_same_step(const struct host_progress *p, int64_t attempt, enum step step)
{
	return step_state_is_open(p->outcome) && p->attempts == attempt && p->step == step;
}

void host_progress_note(
	struct host_progress *p, int64_t attempt, enum step step, enum step_state state)
{
	if (!is_same_step(p, attempt, step))
		p->before = p->now;
	if (attempt != p->attempts)
		memset(p->was_run, 0, sizeof p->was_run);
	p->attempts = attempt;
	p->was_run[step] = true;
	p->step = step;
	p->outcome = state;
	p->now = state == STEP_STATE_REFUSED ? p->before : standing_after(p->before, step, state);
}

bool host_progress_is_sound(const struct host_progress *p)
{
	return p->now.proof != PROOF_OWED;
}
