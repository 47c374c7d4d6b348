/* SPDX-License-Identifier: Apache-2.0 */
/* promotion.h - what `promote` and `deployed` share: reading their words, showing what would be. Layer: cli. */
#pragma once

#include "base/own.h"

struct error;
struct invocation;
struct promotion;
struct targets;
struct watch;

/**
 * Fill a promotion from the words of the command: --to, the store, who runs it, somebody to watch.
 *
 * @param watch  Owned by the caller: watch_free(). Untouched on failure.
 * @return 0, or -1 with err: as need_environment() and need_store().
 */
NODISCARD int promotion_begin(
	struct invocation *inv, struct promotion *p, struct watch **watch, struct error *err);

/* Show what each host would get. */
void promotion_show(const struct invocation *inv, struct targets *targets);
