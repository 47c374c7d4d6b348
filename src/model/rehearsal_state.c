/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rehearsal_state.h"

#include <stddef.h>

static const char *const words[REHEARSAL_COUNT] = {
	[REHEARSAL_RUNNING] = "running",
	[REHEARSAL_WAITING] = "waiting",
	[REHEARSAL_FAILED] = "failed",
	[REHEARSAL_ENTERED] = "entered",
	[REHEARSAL_ENDED] = "ended",
};

const struct names rehearsal_state_names = { words, REHEARSAL_COUNT };

static const struct {
	enum rehearsal_state from, to;
} moves[] = {
	/* clang-format off */
	{ REHEARSAL_RUNNING, REHEARSAL_WAITING },
	{ REHEARSAL_RUNNING, REHEARSAL_FAILED },
	{ REHEARSAL_RUNNING, REHEARSAL_ENDED },
	{ REHEARSAL_WAITING, REHEARSAL_RUNNING },
	{ REHEARSAL_WAITING, REHEARSAL_FAILED },
	{ REHEARSAL_WAITING, REHEARSAL_ENTERED },
	{ REHEARSAL_WAITING, REHEARSAL_ENDED },
	{ REHEARSAL_FAILED,  REHEARSAL_RUNNING },
	{ REHEARSAL_FAILED,  REHEARSAL_ENTERED },
	{ REHEARSAL_FAILED,  REHEARSAL_ENDED },
	/* clang-format on */
};

const char *rehearsal_state_name(enum rehearsal_state value)
{
	return names_word(&rehearsal_state_names, (int)value);
}

bool rehearsal_state_may_become(enum rehearsal_state from, enum rehearsal_state to)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == from && moves[i].to == to)
			return true;
	}
	return false;
}

bool rehearsal_state_is_final(enum rehearsal_state state)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == state)
			return false;
	}
	return true;
}
