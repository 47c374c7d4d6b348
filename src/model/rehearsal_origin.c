/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rehearsal_origin.h"

static const char *const words[ORIGIN_COUNT] = {
	[ORIGIN_PERSON] = "person",
	[ORIGIN_DUE] = "due",
};

const struct names rehearsal_origin_names = { words, ORIGIN_COUNT };

const char *rehearsal_origin_name(enum rehearsal_origin value)
{
	return names_word(&rehearsal_origin_names, (int)value);
}
