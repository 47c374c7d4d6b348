/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - the way a candidate takes to production.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "base/own.h"
#include "model/names.h"

#include <stdbool.h>

enum lane {
	LANE_CODE_LINE, /* with its release, from environment to environment */
	LANE_SNAPSHOT,  /* through a clone; no release carries it */
	LANE_COUNT,
};

/* The words, "snapshot" and so on. */
extern const struct names lane_names;

/* The word for a value. Static. */
const char *lane_name(enum lane value);

/* True, with the value in *out, when the word stands for one; else *out is untouched. */
NODISCARD bool lane_from_name(const char *word, enum lane *out);
