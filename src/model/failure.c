/* SPDX-License-Identifier: Apache-2.0 */
#include "model/failure.h"

static const char *const words[FAILURE_COUNT] = {
	[FAILURE_NONE] = "none",
	[FAILURE_UNREACHABLE] = "unreachable",
	[FAILURE_PRECHECK] = "precheck",
	[FAILURE_STAGE] = "stage",
	[FAILURE_DRAIN] = "drain",
	[FAILURE_APPLY] = "apply",
	[FAILURE_REBOOT] = "reboot",
	[FAILURE_VERIFY] = "verify",
	[FAILURE_TEST] = "test",
};

static const enum failure of_step[STEP_COUNT] = {
	[STEP_STAGE] = FAILURE_STAGE,
	[STEP_HOLD_UPDATERS] = FAILURE_PRECHECK,
	[STEP_PRECHECK] = FAILURE_PRECHECK,
	[STEP_DRAIN] = FAILURE_DRAIN,
	[STEP_SNAPSHOT] = FAILURE_PRECHECK,
	[STEP_APPLY] = FAILURE_APPLY,
	[STEP_REBOOT] = FAILURE_REBOOT,
	[STEP_RESTART] = FAILURE_VERIFY,
	[STEP_FREE_UPDATERS] = FAILURE_VERIFY,
	[STEP_VERIFY] = FAILURE_VERIFY,
	[STEP_REVERT] = FAILURE_VERIFY,
	[STEP_UNDRAIN] = FAILURE_DRAIN,
};

const struct names failure_names = { words, FAILURE_COUNT };

const char *failure_name(enum failure value)
{
	return names_word(&failure_names, (int)value);
}

enum failure failure_of_step(enum step step)
{
	return of_step[step];
}
