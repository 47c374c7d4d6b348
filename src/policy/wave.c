/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/wave.h"

#include "model/group.h"

size_t wave_of(const struct group *group, size_t hosts, size_t index)
{
	size_t size = portion_of(&group->wave, hosts);

	if (index < group->canary)
		return 0;
	if (!size)
		size = 1;
	return (index - group->canary) / size + (group->canary > 0);
}
