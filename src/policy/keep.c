/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/keep.h"

#include "model/config.h"

/* A clock that was set back makes nothing old. */
static bool is_old(const struct keep_policy *policy, int64_t now, const struct keep_set *set)
{
	return policy->age > 0 && now > policy->age && set->created_at < now - policy->age;
}

void keep_decide(const struct keep_policy *policy, int64_t now, struct keep_set *sets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sets[i].may_go =
			!sets[i].held_by && i >= policy->sets && is_old(policy, now, &sets[i]);
}
