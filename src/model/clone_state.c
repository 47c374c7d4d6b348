/* SPDX-License-Identifier: Apache-2.0 */
#include "model/clone_state.h"

#include <stddef.h>

static const char *const words[CLONE_COUNT] = {
	[CLONE_MAKING] = "making",
	[CLONE_MADE] = "made",
	[CLONE_RUNNING] = "running",
	[CLONE_STOPPED] = "stopped",
	[CLONE_ENTERING] = "entering",
	[CLONE_ENTERED] = "entered",
	[CLONE_SWAPPING] = "swapping",
	[CLONE_SWAPPED] = "swapped",
	[CLONE_RETURNING] = "returning",
	[CLONE_REMOVING] = "removing",
	[CLONE_REMOVED] = "removed",
};

const struct names clone_state_names = { words, CLONE_COUNT };

static const struct {
	enum clone_state from, to;
} moves[] = {
	/* clang-format off */
	{ CLONE_MAKING,    CLONE_MADE },
	{ CLONE_MAKING,    CLONE_REMOVING },
	{ CLONE_MADE,      CLONE_RUNNING },
	{ CLONE_MADE,      CLONE_REMOVING },
	{ CLONE_RUNNING,   CLONE_STOPPED },
	{ CLONE_RUNNING,   CLONE_ENTERING },
	{ CLONE_RUNNING,   CLONE_SWAPPING },
	{ CLONE_RUNNING,   CLONE_REMOVING },
	{ CLONE_STOPPED,   CLONE_RUNNING },
	{ CLONE_STOPPED,   CLONE_ENTERING },
	{ CLONE_STOPPED,   CLONE_SWAPPING },
	{ CLONE_STOPPED,   CLONE_REMOVING },
	{ CLONE_ENTERING,  CLONE_ENTERED },
	{ CLONE_ENTERING,  CLONE_RUNNING },
	{ CLONE_ENTERING,  CLONE_STOPPED },
	{ CLONE_ENTERED,   CLONE_ENTERING },
	{ CLONE_ENTERED,   CLONE_REMOVING },
	{ CLONE_SWAPPING,  CLONE_SWAPPED },
	{ CLONE_SWAPPING,  CLONE_RETURNING },
	{ CLONE_SWAPPED,   CLONE_RETURNING },
	{ CLONE_SWAPPED,   CLONE_REMOVING },
	{ CLONE_RETURNING, CLONE_RUNNING },
	{ CLONE_RETURNING, CLONE_STOPPED },
	{ CLONE_REMOVING,  CLONE_REMOVED },
	/* clang-format on */
};

const char *clone_state_name(enum clone_state value)
{
	return names_word(&clone_state_names, (int)value);
}

bool clone_state_may_become(enum clone_state from, enum clone_state to)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == from && moves[i].to == to)
			return true;
	}
	return false;
}

bool clone_state_is_final(enum clone_state state)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		if (moves[i].from == state)
			return false;
	}
	return true;
}
