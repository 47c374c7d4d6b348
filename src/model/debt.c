/* SPDX-License-Identifier: Apache-2.0 */
#include "model/debt.h"

static const char *const words[DEBT_COUNT] = {
	[DEBT_NONE] = "none",
	[DEBT_SERVICE] = "service",
	[DEBT_UPDATERS] = "updaters",
	[DEBT_WAY_BACK] = "way-back",
};

const struct names debt_names = { words, DEBT_COUNT };

const char *debt_name(enum debt value)
{
	return names_word(&debt_names, (int)value);
}
