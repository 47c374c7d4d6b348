/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approval.h - what a person signs.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum approval {
	APPROVAL_APPROVE, /* may go on */
	APPROVAL_REJECT,  /* must not go on */
	APPROVAL_COUNT,
};

/* The words, "reject" and so on. */
extern const struct names approval_names;

/* The word for a value. Static. */
const char *approval_name(enum approval value);
