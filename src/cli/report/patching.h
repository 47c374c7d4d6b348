/* SPDX-License-Identifier: Apache-2.0 */
/* patching.h - what `promote --patch-original` and `resume` share. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct environment;
struct error;
struct invocation;

/** `promote CLONE --patch-original`. */
NODISCARD int promote_patch_original(struct invocation *inv, struct error *err);

/**
 * Bring a clone's set to its original, or go on with that; watch, and tell how it ended.
 * @param clone  An environment that is one.
 * @return 0 when the original is equal to its clone; -1 with err: ERR_SYSTEM (a host failed, or they differ),
 *         as patch_original_run().
 */
NODISCARD int patch_original_and_tell(
	struct invocation *inv, const struct environment *clone, struct error *err);
