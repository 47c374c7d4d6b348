/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/hoststate.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	struct error err = { 0 };

	if (hoststate_read((const char *)bytes, size, &s, &err) < 0)
		return 0;
	for (size_t i = 0; i < hoststate_count(s); i++) {
		const struct installed *p = hoststate_at(s, i);

		if (!hoststate_find(s, p->name, p->architecture))
			__builtin_trap();
	}
	return 0;
}
