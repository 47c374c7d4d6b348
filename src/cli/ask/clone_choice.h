/* SPDX-License-Identifier: Apache-2.0 */
/* clone_choice.h - the clone that an argument names. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/config.h"
#include "rehearse/cloning.h"
#include "store/clone.h"

struct error;
struct invocation;

/* A clone, ready to be worked on. Do not move it: `cloning` may point into it. */
struct clone_choice {
	struct cloning cloning;
	struct clone_row row;
	struct environment gone; /* stands in for an original that is no longer configured */
};

/**
 * Find a clone by its name, "production/clone-3".
 *
 * @param out  clone_choice_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such clone; those that there are), as need_store().
 */
NODISCARD int need_clone(
	struct invocation *inv, const char *name, struct clone_choice *out, struct error *err);

void clone_choice_done(struct clone_choice *choice);
CLEANUP_DONE(struct clone_choice, clone_choice_done)
