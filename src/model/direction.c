/* SPDX-License-Identifier: Apache-2.0 */
#include "model/direction.h"

static const char *const words[DIRECTION_COUNT] = {
	[DIRECTION_FORWARD] = "forward",
	[DIRECTION_BACK] = "back",
};

const struct names direction_names = { words, DIRECTION_COUNT };

const char *direction_name(enum direction value)
{
	return names_word(&direction_names, (int)value);
}

bool direction_from_name(const char *word, enum direction *out)
{
	int found = names_find(&direction_names, word);

	if (found >= 0)
		*out = (enum direction)found;
	return found >= 0;
}
