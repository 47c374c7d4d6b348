/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outcome.h - how a test suite ended.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum outcome {
	OUTCOME_PASSED,    /* every case passed, or was skipped by the suite itself */
	OUTCOME_FAILED,    /* a case failed */
	OUTCOME_ERROR,     /* the suite could not be run, or its report not be read */
	OUTCOME_TIMED_OUT, /* stopped at its time limit */
	OUTCOME_COUNT,
};

/* The words, "failed" and so on. */
extern const struct names outcome_names;

/* The word for a value. Static. */
const char *outcome_name(enum outcome value);
