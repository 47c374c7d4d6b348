/* SPDX-License-Identifier: Apache-2.0 */
/*
 * direction.h - which way a rollout takes its hosts: to a set, or back from it.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum direction {
	DIRECTION_FORWARD,
	DIRECTION_BACK, /* undoes an earlier one; what fails on it is never taken back by itself */
	DIRECTION_COUNT,
};

/* The words, "forward" and "back". */
extern const struct names direction_names;

/* The word for a value. Static. */
const char *direction_name(enum direction value);
