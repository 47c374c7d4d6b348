/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/wave.h"

#include "model/config.h"

#include <stdio.h>

size_t wave_of(const struct group *group, size_t hosts, size_t index)
{
	size_t size = portion_of(&group->wave, hosts);

	if (index < group->canary)
		return 0;
	if (!size)
		size = 1;
	return (index - group->canary) / size + (group->canary > 0);
}

bool budget_is_exceeded(
	const struct group *group, const struct failures *failures, char *reason, size_t size)
{
	size_t budget = portion_of(&group->failure_budget, failures->hosts);

	if (failures->failed <= budget)
		return false;
	snprintf(reason, size, "%zu of %zu hosts of group '%s' failed, its failure budget is %zu",
		failures->failed, failures->hosts, group->name, budget);
	return true;
}
