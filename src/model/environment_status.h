/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment_status.h - what is known of the pair that an environment runs.
 *
 * Only a clean environment runs a candidate, and only there does soak time count.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum environment_status {
	ENVIRONMENT_UNKNOWN, /* never told, or a scan contradicts what was told */
	ENVIRONMENT_CLEAN, /* every host runs the release and the set that the environment names */
	ENVIRONMENT_ROLLING, /* a rollout is running */
	ENVIRONMENT_MIXED, /* a rollout stopped half-way: some hosts have the new set, some the old */
	ENVIRONMENT_STATUS_COUNT,
};

/* The words, "clean" and so on. */
extern const struct names environment_status_names;

/* The word for a value. Static. */
const char *environment_status_name(enum environment_status value);
