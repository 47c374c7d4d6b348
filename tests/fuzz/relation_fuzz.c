/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "model/limits.h"
#include "model/relation.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(free) char *text = mem_strndup((const char *)bytes, size);
	const char *rest = text;
	struct relation_term term;
	struct relation_count count = { 0 };
	struct error err = { 0 };

	while (relation_next(&rest, &term, &err) > 0 && relation_count(&count, &term, &err) == 0) {
		if (count.alternatives >= LIMIT_ALTERNATIVES + 1 || count.terms > LIMIT_RELATIONS)
			__builtin_trap();
		if (!relation_is_name(term.name, term.name_size))
			__builtin_trap();
		if ((term.relation == VERSION_ANY) != (term.version_size == 0))
			__builtin_trap();
	}
	return 0;
}
