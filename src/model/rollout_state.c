/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rollout_state.h"

#include <stddef.h>

static const char *const words[ROLLOUT_STATE_COUNT] = {
	[ROLLOUT_RUNNING] = "running",
	[ROLLOUT_PAUSED] = "paused",
	[ROLLOUT_STOPPED] = "stopped",
	[ROLLOUT_DONE] = "done",
	[ROLLOUT_CANCELLED] = "cancelled",
};

const struct names rollout_state_names = { words, ROLLOUT_STATE_COUNT };

static const struct {
	enum rollout_state from, to;
} moves[] = {
	/* clang-format off */
	{ ROLLOUT_RUNNING, ROLLOUT_PAUSED },
	{ ROLLOUT_RUNNING, ROLLOUT_STOPPED },
	{ ROLLOUT_RUNNING, ROLLOUT_DONE },
	{ ROLLOUT_RUNNING, ROLLOUT_CANCELLED },
	{ ROLLOUT_PAUSED,  ROLLOUT_RUNNING },
	{ ROLLOUT_PAUSED,  ROLLOUT_CANCELLED },
	{ ROLLOUT_STOPPED, ROLLOUT_RUNNING },
	{ ROLLOUT_STOPPED, ROLLOUT_CANCELLED },
	/* clang-format on */
};

const char *rollout_state_name(enum rollout_state value)
{
	return names_word(&rollout_state_names, (int)value);
}

bool rollout_state_may_become(enum rollout_state from, enum rollout_state to)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == from && moves[i].to == to)
			return true;
	}
	return false;
}

bool rollout_state_is_final(enum rollout_state state)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == state)
			return false;
	}
	return true;
}
