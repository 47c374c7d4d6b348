/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "model/version.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

/* Two versions in two lines: the order must not depend on who is asked first. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(free) char *a = mem_strndup((const char *)bytes, size);
	char *b = strchr(a, '\n');

	if (!b)
		return 0;
	*b++ = '\0';
	if (sign(version_compare(&version_order_dpkg, a, b)) !=
		-sign(version_compare(&version_order_dpkg, b, a)))
		__builtin_trap();
	if (version_compare(&version_order_dpkg, a, a) ||
		version_compare(&version_order_dpkg, b, b))
		__builtin_trap();
	(void)version_order_dpkg.is_valid(a);
	return 0;
}
