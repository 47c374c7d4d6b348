/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "model/inventory.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What is accepted holds together: the digest is that of the state, and rows have all their fields. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(inventory_free) struct inventory *i = NULL;
	struct error err = { 0 };
	char digest[DIGEST_HEX_SIZE];
	size_t state_size = 0;

	if (inventory_read((const char *)bytes, size, &i, &err) < 0) {
		assert(err.kind == ERR_CORRUPT && *err.text);
		return 0;
	}

	const struct facts *f = inventory_facts(i);
	const char *state = inventory_state(i, &state_size);

	assert(strcmp(digest_bytes(state, state_size, digest), inventory_state_digest(i)) == 0);
	assert(*f->platform && f->time >= 0);
	for (size_t n = 0; n < f->deleted_library_count; n++)
		assert(f->deleted_libraries[n].path[0] == '/');
	for (size_t n = 0; n < f->disk_count; n++)
		assert(f->disks[n].path && f->disks[n].mount);
	return 0;
}
