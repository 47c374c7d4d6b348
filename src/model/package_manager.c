/* SPDX-License-Identifier: Apache-2.0 */
#include "model/package_manager.h"

#include <stdbool.h>
#include <string.h>

static bool is_of(const struct package_manager *m, const char *platform)
{
	for (const char *const *d = m->distributions; d && *d; d++) {
		size_t size = strlen(*d);

		if (strncmp(platform, *d, size) == 0 && platform[size] == '-')
			return true;
	}
	return !m->distributions;
}

const struct package_manager *package_manager_of(const char *platform)
{
	const struct package_manager *m = package_managers;

	while (!is_of(m, platform) && m < &package_managers[package_managers_count - 1])
		m++;
	return m;
}
