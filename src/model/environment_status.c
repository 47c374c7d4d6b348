/* SPDX-License-Identifier: Apache-2.0 */
#include "model/environment_status.h"

static const char *const words[ENVIRONMENT_STATUS_COUNT] = {
	[ENVIRONMENT_UNKNOWN] = "unknown",
	[ENVIRONMENT_CLEAN] = "clean",
	[ENVIRONMENT_ROLLING] = "rolling",
	[ENVIRONMENT_MIXED] = "mixed",
};

const struct names environment_status_names = { words, ENVIRONMENT_STATUS_COUNT };

const char *environment_status_name(enum environment_status value)
{
	return names_word(&environment_status_names, (int)value);
}

bool environment_status_from_name(const char *word, enum environment_status *out)
{
	int found = names_find(&environment_status_names, word);

	if (found >= 0)
		*out = (enum environment_status)found;
	return found >= 0;
}
