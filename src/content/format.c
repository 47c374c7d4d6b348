/* SPDX-License-Identifier: Apache-2.0 */
#include "content/format.h"

#include "model/package_manager.h"

#include <assert.h>
#include <string.h>

const struct repository_format *repository_format_of(const char *platform)
{
	const char *manager = package_manager_of(platform)->name;
	size_t i = 0;

	while (i < repository_formats_count && strcmp(repository_formats[i]->manager, manager) != 0)
		i++;
	assert(i < repository_formats_count); /* each row of package_managers.c has one */
	return repository_formats[i];
}
