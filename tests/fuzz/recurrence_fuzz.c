/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "calendar/recurrence.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define NOW ((int64_t)1795485600)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_rule(const struct recurrence *r)
{
	int64_t next = 0, last = 0, found = 0;

	if (recurrence_next(r, NOW, &next)) {
		assert(next > NOW);
		assert(recurrence_last(r, next, &found) && found == next);
	}
	if (recurrence_last(r, NOW, &last))
		assert(last <= NOW);
}

/* Two lines, a rule and its first moment. Found moments are on the right side. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(free) char *text = mem_strndup((const char *)bytes, size);
	CLEANUP(recurrence_free) struct recurrence *r = NULL;
	struct error err = { 0 };
	char *rest = text;
	const char *rule = strsep(&rest, "\n"), *from = rest ? strsep(&rest, "\n") : NULL;

	if (recurrence_parse(rule, from ? from : RECURRENCE_FROM, &r, &err) < 0) {
		assert(!r && err.kind == ERR_USAGE && err.text[0]);
		return 0;
	}
	check_rule(r);
	return 0;
}
