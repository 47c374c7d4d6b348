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
struct swap_session {
	struct invocation *inv;
	bool is_back; /* the originals are to return */
	struct swap_request request;
	struct progress *progress; /* owned */
	struct jvalue *swap_diff;  /* owned: what was asked about; NULL until then */
};

/**
 * Fill a sitting for a clone.
 * @param clone  An environment that is one.
 * @param out    swap_session_done().
 */
NODISCARD int swap_session_begin(struct invocation *inv, const struct environment *clone,
	bool is_back, struct swap_session *out, struct error *err);

/* Show what a dry run found. */
void swap_session_show(struct swap_session *s, const struct swap_diff *swap_diff);

/**
 * Tell how it ended.
 * @return 0 when it ended as wished, else -1 with err: ERR_SYSTEM, why the originals were put back.
 */
NODISCARD int swap_session_tell(
	struct swap_session *s, const struct swap_summary *summary, struct error *err);

void swap_session_done(struct swap_session *s);
CLEANUP_DONE(struct swap_session, swap_session_done)

/** `promote CLONE --swap`. */
NODISCARD int promote_swap(struct invocation *inv, struct error *err);
