/* SPDX-License-Identifier: Apache-2.0 */
#include "model/step_state.h"

static const char *const words[STEP_STATE_COUNT] = {
	[STEP_STATE_STARTED] = "started",
	[STEP_STATE_DONE] = "done",
	[STEP_STATE_REFUSED] = "refused",
	[STEP_STATE_FAILED] = "failed",
	[STEP_STATE_AT_WORK] = "at-work",
	[STEP_STATE_LOST] = "lost",
	[STEP_STATE_UNWELL] = "unwell",
};

const struct names step_state_names = { words, STEP_STATE_COUNT };

bool step_state_is_open(enum step_state value)
{
	return value == STEP_STATE_STARTED || value == STEP_STATE_AT_WORK;
}

const char *step_state_name(enum step_state value)
{
	return names_word(&step_state_names, (int)value);
}
