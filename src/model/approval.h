/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approval.h - what a person signs.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "base/own.h"
#include "model/names.h"

#include <stdbool.h>

enum approval {
	APPROVAL_APPROVE, /* may go on */
	APPROVAL_REJECT,  /* must not go on */
	APPROVAL_COUNT,
};

/* The words, "reject" and so on. */
extern const struct names approval_names;

/* The word for a value. Static. */
const char *approval_name(enum approval value);

/* True, with the value in *out, when the word stands for one; else *out is untouched. */
NODISCARD bool approval_from_name(const char *word, enum approval *out);
