/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lane.h"

static const char *const words[LANE_COUNT] = {
	[LANE_CODE_LINE] = "code-line",
	[LANE_SNAPSHOT] = "snapshot",
};

const struct names lane_names = { words, LANE_COUNT };

const char *lane_name(enum lane value)
{
	return names_word(&lane_names, (int)value);
}
