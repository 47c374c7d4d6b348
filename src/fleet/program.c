/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/program.h"

#include "fleet/program_private.h"

#include <assert.h>
#include <string.h>

const struct program *program_find(const char *name)
{
	for (size_t i = 0; i < programs_count; i++) {
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	}
	return NULL;
}

size_t program_count(void)
{
	return programs_count;
}

const struct program *program_at(size_t index)
{
	assert(index < programs_count);
	return &programs[index];
}
