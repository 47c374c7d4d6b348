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
