/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_private.h - a plan while it is made. Layer: plan, private. Threads: one.
 */
#pragma once

#include "plan/plan.h"

struct plan {
	enum plan_verdict verdict;
	bool is_solved;
	struct plan_change *changes; /* owned */
	size_t change_count, change_capacity;
	struct plan_kept *kept; /* owned, each reason too */
	size_t kept_count, kept_capacity;
	char **problems; /* owned, each owned */
	size_t problem_count, problem_capacity;
};

void plan_add_change(struct plan *p, const struct plan_change *change);

/* The reason is copied. */
void plan_add_kept(struct plan *p, const struct plan_kept *kept);

/* Takes ownership of the text. */
void plan_add_problem(struct plan *p, char *text);

/* Put changes in order and decide the verdict. */
void plan_finish(struct plan *p);
