/* SPDX-License-Identifier: Apache-2.0 */
#include "model/clone_action_state.h"

static const char *const words[CLONE_ACTION_COUNT] = {
	[CLONE_ACTION_RUNNING] = "running",
	[CLONE_ACTION_DONE] = "done",
	[CLONE_ACTION_FAILED] = "failed",
	[CLONE_ACTION_INTERRUPTED] = "interrupted",
};

const struct names clone_action_state_names = { words, CLONE_ACTION_COUNT };

const char *clone_action_state_name(enum clone_action_state value)
{
	return names_word(&clone_action_state_names, (int)value);
}
