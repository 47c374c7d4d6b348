/* SPDX-License-Identifier: Apache-2.0 */
#include "model/step_state.h"

static const char *const words[STEP_STATE_COUNT] = {
	[STEP_STATE_STARTED] = "started",
	[STEP_STATE_SUCCEEDED] = "succeeded",
	[STEP_STATE_FAILED] = "failed",
};

const struct names step_state_names = { words, STEP_STATE_COUNT };

const char *step_state_name(enum step_state value)
{
	return names_word(&step_state_names, (int)value);
}

bool step_state_from_name(const char *word, enum step_state *out)
{
	int found = names_find(&step_state_names, word);

	if (found >= 0)
		*out = (enum step_state)found;
	return found >= 0;
}
