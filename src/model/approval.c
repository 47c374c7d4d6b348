/* SPDX-License-Identifier: Apache-2.0 */
#include "model/approval.h"

static const char *const words[APPROVAL_COUNT] = {
	[APPROVAL_APPROVE] = "approve",
	[APPROVAL_REJECT] = "reject",
};

const struct names approval_names = { words, APPROVAL_COUNT };

const char *approval_name(enum approval value)
{
	return names_word(&approval_names, (int)value);
}
