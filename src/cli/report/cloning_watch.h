/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloning_watch.h - a clone at work as it happens: a line for each act, a bar on a terminal.
 *
 * Goes to standard error. Layer: cli. Threads: cloning calls it from one at a time.
 */
#pragma once

#include "base/own.h"
#include "rehearse/cloning.h"

struct cloning_watch_state;

/* Begin; `what` stands before the bar: "clone production". cloning_watch_free(). */
struct cloning_watch_state *cloning_watch_new(const char *what);

/* What cloning is to call. Valid until cloning_watch_free(). */
struct cloning_watch cloning_watch_callbacks(struct cloning_watch_state *w);

/* What a copy holds, as far as it was told; empty until then. Borrowed. */
const struct coverage *cloning_watch_coverage(const struct cloning_watch_state *w);

void cloning_watch_free(struct cloning_watch_state *w);
CLEANUP_FUNC(struct cloning_watch_state *, cloning_watch_free)
