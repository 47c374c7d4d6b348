/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_policy.h - how the groups of an environment are patched, frozen when a rollout starts.
 *
 * A rollout that goes on later goes on by the waves, budgets, checks and services it began with, whatever
 * the configuration says by then; rollout_policy_difference() tells. One that leads back goes by those of now. Where a host is reached is not frozen: a host may move.
 * Layer: model. Threads: any number may read one.
 */
#pragma once

#include "base/own.h"
#include "model/group.h"

#include <stddef.h>

struct environment;
struct error;
struct jvalue;

struct rollout_policy {
	struct portion failure_budget; /* of the environment */
	struct group *groups;          /* without hosts; owned */
	size_t group_count;
};

/* The policy of an environment as it is configured now; owned by the caller. */
struct jvalue *rollout_policy_write(const struct environment *e);

/**
 * Read it again.
 * @param out  rollout_policy_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (what is wrong).
 */
NODISCARD int rollout_policy_read(
	const struct jvalue *policy, struct rollout_policy **out, struct error *err);

/**
 * What the configuration says otherwise by now, of all that a rollout goes by.
 * @param began  The policy that a rollout began with, as rollout_policy_write() made it.
 * @param out    "web: health, services; db: is no group any more"; "" when nothing differs. Owned by the caller: free().
 *               Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT, as rollout_policy_read().
 */
NODISCARD int rollout_policy_difference(
	const struct jvalue *began, const struct environment *now, char **out, struct error *err);

/* The group of that name; NULL when there is none. */
const struct group *rollout_policy_group(const struct rollout_policy *p, const char *name);

void rollout_policy_free(struct rollout_policy *p);
CLEANUP_FUNC(struct rollout_policy *, rollout_policy_free)
