/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.h - the steps that a host of a rollout walks, in their order.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum step {
	STEP_STAGE,         /* bring the bytes to the host and check them there */
	STEP_HOLD_UPDATERS, /* nobody else installs meanwhile */
	STEP_PRECHECK,      /* is the host fit to be patched */
	STEP_DRAIN,         /* load leaves the host */
	STEP_SNAPSHOT,      /* keep the host as it is, where that is its way back */
	STEP_APPLY,         /* install the pinned packages */
	STEP_REBOOT,        /* where the group's policy asks for it */
	STEP_RESTART,       /* services that still run on replaced files */
	STEP_FREE_UPDATERS, /* other updaters are as they were */
	STEP_VERIFY,        /* prove from the host that the set is there and works */
	STEP_REVERT,        /* take the host back to what it was, and prove that */
	STEP_UNDRAIN,       /* load returns */
	STEP_COUNT,
};

/* The words, "precheck" and so on. */
extern const struct names step_names;

/* The word for a value. Static. */
const char *step_name(enum step value);
