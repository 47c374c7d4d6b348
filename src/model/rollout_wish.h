/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_wish.h - what somebody wants of a rollout that another program drives.
 *
 * It stands in the store until the program looks, which it does before each host and each step, and each second
 * while it waits for a host.
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

#include <stdbool.h>

enum rollout_wish {
	WISH_NONE,
	WISH_PAUSE,   /* begin no host any more; those that were begun are brought to their end */
	WISH_CANCEL,  /* likewise, and of those begun none is changed that was not yet */
	WISH_ABANDON, /* likewise, and what those begun are at is not waited for */
	WISH_COUNT,
};

/* The words, "pause" and so on. */
extern const struct names rollout_wish_names;

/* True for those after which a rollout is cancelled. */
bool rollout_wish_is_final(enum rollout_wish wish);

/* The word for a value. Static. */
const char *rollout_wish_name(enum rollout_wish value);
