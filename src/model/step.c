/* SPDX-License-Identifier: Apache-2.0 */
#include "model/step.h"

static const char *const words[STEP_COUNT] = {
	[STEP_STAGE] = "stage",
	[STEP_HOLD_UPDATERS] = "hold-updaters",
	[STEP_PRECHECK] = "precheck",
	[STEP_DRAIN] = "drain",
	[STEP_SNAPSHOT] = "snapshot",
	[STEP_APPLY] = "apply",
	[STEP_REBOOT] = "reboot",
	[STEP_RESTART] = "restart",
	[STEP_FREE_UPDATERS] = "free-updaters",
	[STEP_VERIFY] = "verify",
	[STEP_REVERT] = "revert",
	[STEP_UNDRAIN] = "undrain",
};

const struct names step_names = { words, STEP_COUNT };

const char *step_name(enum step value)
{
	return names_word(&step_names, (int)value);
}
