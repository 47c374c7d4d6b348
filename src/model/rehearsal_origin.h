/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal_origin.h - who asked for a rehearsal.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum rehearsal_origin {
	ORIGIN_PERSON, /* somebody, now */
	ORIGIN_DUE,    /* the rule in the configuration */
	ORIGIN_COUNT,
};

/* The words, "due" and so on. */
extern const struct names rehearsal_origin_names;

/* The word for a value. Static. */
const char *rehearsal_origin_name(enum rehearsal_origin value);
