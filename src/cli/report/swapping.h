/* SPDX-License-Identifier: Apache-2.0 */
/* swapping.h - what `promote --swap`, `rollback` and `resume` share: asking, watching, telling the end. Layer: cli. */
#pragma once

#include "base/own.h"
#include "swap/swap.h"

#include <stdbool.h>

struct error;
struct invocation;
struct jvalue;
struct progress;

/* A swap or a return as somebody sits before it. */
struct sitting {
	struct invocation *inv;
	bool is_back; /* the originals are to return */
	struct swap_request request;
	struct progress *progress; /* owned */
	struct jvalue *losses;     /* owned: what was asked about; NULL until then */
};

/**
 * Fill a sitting for a clone.
 * @param clone  An environment that is one.
 * @param out    sitting_done().
 */
NODISCARD int sitting_begin(struct invocation *inv, const struct environment *clone, bool is_back,
	struct sitting *out, struct error *err);

/* Show what a dry run found. */
void sitting_show(struct sitting *s, const struct losses *losses);

/**
 * Tell how it ended.
 * @return 0 when it ended as wished, else -1 with err: ERR_SYSTEM, why the originals were put back.
 */
NODISCARD int sitting_tell(
	struct sitting *s, const struct swap_summary *summary, struct error *err);

void sitting_done(struct sitting *s);
CLEANUP_DONE(struct sitting, sitting_done)

/** `promote CLONE --swap`. */
NODISCARD int promote_swap(struct invocation *inv, struct error *err);
