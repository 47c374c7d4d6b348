/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debt.h - what a rollout takes from a host for its time and owes it from then on.
 *
 * A debt is written down before it is made, so that whatever fails, somebody knows what to give back.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum debt {
	DEBT_NONE,
	DEBT_SERVICE,  /* it was drained: load must return to it */
	DEBT_UPDATERS, /* other updaters were held off on it: they must be as they were */
	DEBT_WAY_BACK, /* it was changed and is to be as it was before */
	DEBT_COUNT,
};

/* The words, "service" and so on; "none". */
extern const struct names debt_names;

/* The word for a value. Static. */
const char *debt_name(enum debt value);
