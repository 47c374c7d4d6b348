/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rollout_wish.h"

static const char *const words[WISH_COUNT] = {
	[WISH_NONE] = "none",
	[WISH_PAUSE] = "pause",
	[WISH_CANCEL] = "cancel",
	[WISH_ABANDON] = "abandon",
};

const struct names rollout_wish_names = { words, WISH_COUNT };

bool rollout_wish_is_final(enum rollout_wish wish)
{
	return wish == WISH_CANCEL || wish == WISH_ABANDON;
}

const char *rollout_wish_name(enum rollout_wish value)
{
	return names_word(&rollout_wish_names, (int)value);
}
