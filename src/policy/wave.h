/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wave.h - in which wave a host of a group is patched, and when failures stop a rollout.
 *
 * Pure: facts in, verdict out. Layer: policy. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct group;

/* How the hosts of a group stand, so far. */
struct failures {
	size_t hosts;       /* in the group */
	size_t failed;      /* a step failed there */
	size_t unreachable; /* no connection: that is not the patches' fault, and counts apart */
};

/**
 * The wave of the group's host at `index`, from 0: first the canaries, then wave by wave.
 *
 * A share ("25%") is of all hosts of the group, rounded up, and at least one.
 * @param hosts  In the group; index is below it.
 */
size_t wave_of(const struct group *group, size_t hosts, size_t index);

/**
 * True when more hosts of the group failed than its failure budget allows.
 * @param reason  Receives why, for people, at most size bytes; untouched when it is within the budget.
 */
bool budget_is_exceeded(
	const struct group *group, const struct failures *failures, char *reason, size_t size);
