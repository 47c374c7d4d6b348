/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - when failures stop a rollout.
 *
 * Each type of failure counts for itself. Hosts out of reach have a budget of their own and use up no
 * other. Pure: facts in, verdict out. Layer: policy. Threads: any.
 */
#pragma once

#include "model/failure.h"

#include <stdbool.h>
#include <stddef.h>

struct group;
struct portion;

/* Hosts, and how many of them failed with each type so far. */
struct tally {
	size_t hosts;
	size_t of[FAILURE_COUNT]; /* of[FAILURE_NONE] is not looked at */
};

/* Where a rollout stands after a wave. */
struct budget_facts {
	const struct portion *all_budget; /* of the environment */
	const struct group *group;        /* that the wave was of */
	struct tally wave, in_group, all;
};

/**
 * True when more hosts failed than a budget allows: of the wave, of the group, of a type, of the rollout.
 * @param reason  Receives why, for people, at most size bytes; untouched when all is within its budget.
 */
bool budget_is_exceeded(const struct budget_facts *facts, char *reason, size_t size);
