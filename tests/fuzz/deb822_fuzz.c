/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deb822.h"
#include "base/error.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever comes in, the fields of a paragraph are found again by their names. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text((const char *)bytes, size);
	struct error err = { 0 };
	size_t raw = 0;

	while (deb822_next(d, &err) > 0) {
		for (size_t i = 0; i < deb822_count(d); i++)
			assert(deb822_get(d, deb822_name_at(d, i)) == deb822_value_at(d, i));
		assert(deb822_count(d) > 0);
		assert(deb822_raw(d, &raw) != NULL && raw <= size);
	}
	return 0;
}
