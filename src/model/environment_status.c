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
