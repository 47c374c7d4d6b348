/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planner.h - plans one state after the other with the same options, without starting anew each time.
 *
 * Layer: plan. Threads: one planner, one thread; many planners share a finished universe.
 */
#pragma once

#include "base/own.h"

struct error;
struct hoststate;
struct plan;
struct plan_options;
struct planner;
struct universe;

/**
 * Make a planner.
 *
 * @param u        Finished; borrowed until planner_free().
 * @param options  NULL for everything; borrowed during the call only.
 * @param out      Freed with planner_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (a name in options that nobody knows).
 */
NODISCARD int planner_new(const struct universe *u, const struct plan_options *options,
	struct planner **out, struct error *err);

/* As plan_make(). */
NODISCARD int planner_plan(
	struct planner *p, const struct hoststate *state, struct plan **out, struct error *err);

void planner_free(struct planner *p);
CLEANUP_FUNC(struct planner *, planner_free)
