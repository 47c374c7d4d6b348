/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_verdict.h - where one host of a rollout stands.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum host_verdict {
	HOST_WAITING,       /* its wave has not come, or was stopped before it */
	HOST_RUNNING,       /* its steps are being walked */
	HOST_DONE,          /* patched and verified */
	HOST_NOTHING_TO_DO, /* already as the set says; verified, nothing applied */
	HOST_FAILED,        /* a step failed; the reason says which and how */
	HOST_REVERTED,      /* it, or its wave, failed, and it is proved to be as it was before */
	HOST_UNWELL,        /* likewise, but a service or a check of it is not well */
	HOST_SKIPPED,       /* left out on purpose; the reason says why */
	HOST_UNREACHABLE,   /* no connection; does not count as a failed step */
	HOST_VERDICT_COUNT,
};

/* The words, "running" and so on. */
extern const struct names host_verdict_names;

/* True when it is what it was before the rollout, well or not. */
bool host_verdict_is_back(enum host_verdict value);

/* The word for a value. Static. */
const char *host_verdict_name(enum host_verdict value);
