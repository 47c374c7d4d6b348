/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane.h - the way a candidate takes to production.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum lane {
	LANE_CODE_LINE, /* with its release, from environment to environment */
	LANE_SNAPSHOT,  /* through a clone; no release carries it */
	LANE_COUNT,
};

/* The words, "snapshot" and so on. */
extern const struct names lane_names;

/* The word for a value. Static. */
const char *lane_name(enum lane value);
