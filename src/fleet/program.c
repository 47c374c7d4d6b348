/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/program.h"

#include "fleet/program_private.h"
#include "model/package_manager.h"

#include <string.h>

const struct program *program_find(const char *name, const char *platform)
{
	const char *manager = platform ? package_manager_of(platform)->name : "";

	for (size_t i = 0; i < programs_count; i++) {
		const struct program *p = &programs[i];

		if (strcmp(p->name, name) == 0 &&
			(!*p->manager || strcmp(p->manager, manager) == 0))
			return p;
	}
	return NULL;
}

size_t program_count(void)
{
	return programs_count;
}
