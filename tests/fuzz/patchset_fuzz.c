/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/patchset.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A set that was read finds each of its packages again. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	struct error err = { 0 };

	if (patchset_read((const char *)bytes, size, NULL, &set, &err) < 0)
		return 0;
	for (size_t i = 0; i < patchset_count(set); i++) {
		const struct package *p = patchset_at(set, i);

		if (patchset_find(set, p->platform, p->name, p->architecture, p->version) != p)
			__builtin_trap();
	}
	return 0;
}
