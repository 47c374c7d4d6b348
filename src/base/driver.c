/* SPDX-License-Identifier: Apache-2.0 */
#include "base/driver.h"

#include <string.h>

typedef void (*any_function)(void);

const char *driver_lacks(const void *driver, const struct driver_function *wanted)
{
	for (; wanted->name; wanted++) {
		any_function function = NULL;

		memcpy(&function, (const char *)driver + wanted->offset, sizeof function);
		if (!function)
			return wanted->name;
	}
	return NULL;
}
