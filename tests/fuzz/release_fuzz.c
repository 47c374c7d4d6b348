/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "content/release.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(release_free) struct release *r = NULL;
	struct error err = { 0 };

	if (release_read((const char *)bytes, size, &r, &err) < 0)
		return 0;
	if (strlen(release_facts(r)->origin) + strlen(release_facts(r)->codename) > size)
		__builtin_trap();
	if (release_facts(r)->priority != 500 && release_facts(r)->priority != 100 &&
		release_facts(r)->priority != 1)
		__builtin_trap();
	(void)release_find(r, "main/binary-amd64/Packages");
	return 0;
}
