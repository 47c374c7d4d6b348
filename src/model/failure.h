/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failure.h - the types of failure of a host in a rollout: budgets count each for itself.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"
#include "model/step.h"

enum failure {
	FAILURE_NONE,
	FAILURE_UNREACHABLE, /* no connection: not the patches' fault */
	FAILURE_PRECHECK,    /* not fit to be patched; nothing was changed */
	FAILURE_STAGE,       /* the bytes did not get there; nothing was changed */
	FAILURE_DRAIN,       /* load did not leave it, or did not return to it */
	FAILURE_APPLY,       /* the package manager failed */
	FAILURE_REBOOT,      /* did not come back in time */
	FAILURE_VERIFY,      /* patched, and not what it should be */
	FAILURE_TEST,        /* patched, and the tests of its wave failed */
	FAILURE_COUNT,
};

/* The words, "apply" and so on; "none". */
extern const struct names failure_names;

/* The word for a value. Static. */
const char *failure_name(enum failure value);

/* What it means that this step failed on a host that could be reached. */
enum failure failure_of_step(enum step step);
