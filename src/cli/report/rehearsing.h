/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsing.h - a rehearsal as it happens and as it ended, for `rehearse`, `due` and `resume`.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "rehearse/rehearsal.h"

struct error;
struct invocation;
struct jvalue;
struct rehearsing;

/* Begin to watch; rehearsing_free(). */
struct rehearsing *rehearsing_new(const char *environment);

/* What a rehearsal is to call. Valid until rehearsing_free(). */
struct rehearsal_watch rehearsing_watch(struct rehearsing *r);

/* How it ended, with what was frozen and tested, as an object; owned by the caller. */
struct jvalue *rehearsing_json(
	struct rehearsing *r, const char *environment, const struct rehearsal_summary *summary);

/**
 * Tell how it ended: for people with what to do next, or with --json as an object.
 * @return 0 when it waits for approval or nothing was pending; -1 with err: ERR_SYSTEM, why it failed and
 *         where to look.
 */
NODISCARD int rehearsing_tell(const struct invocation *inv, struct rehearsing *r,
	const char *environment, const struct rehearsal_summary *summary, struct error *err);

void rehearsing_free(struct rehearsing *r);
CLEANUP_FUNC(struct rehearsing *, rehearsing_free)
