/* SPDX-License-Identifier: Apache-2.0 */
#include "model/outcome.h"

static const char *const words[OUTCOME_COUNT] = {
	[OUTCOME_PASSED] = "passed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_ERROR] = "error",
	[OUTCOME_TIMED_OUT] = "timed-out",
};

const struct names outcome_names = { words, OUTCOME_COUNT };

const char *outcome_name(enum outcome value)
{
	return names_word(&outcome_names, (int)value);
}
