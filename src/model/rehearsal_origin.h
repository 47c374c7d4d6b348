/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal_origin.h - who asked for a rehearsal.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "base/own.h"
#include "model/names.h"

#include <stdbool.h>

enum rehearsal_origin {
	ORIGIN_PERSON, /* somebody, now */
	ORIGIN_DUE,    /* the rule in the configuration */
	ORIGIN_COUNT,
};

/* The words, "due" and so on. */
extern const struct names rehearsal_origin_names;

/* The word for a value. Static. */
const char *rehearsal_origin_name(enum rehearsal_origin value);

/* True, with the value in *out, when the word stands for one; else *out is untouched. */
NODISCARD bool rehearsal_origin_from_name(const char *word, enum rehearsal_origin *out);
