/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "calendar/busy.h"
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

/* Two lines, a rule and its first moment, then a calendar. Found moments are on the right side. */
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
	if (!rest)
		return 0;

	CLEANUP(busy_free) struct busy *b = busy_new(r);
	struct busy_span span = { 0 };

	if (busy_add_calendar(b, rest, strlen(rest), &err) < 0)
		assert(err.kind == ERR_CORRUPT && err.text[0] && !busy_at(b, NOW, NULL));
	else if (busy_at(b, NOW, &span))
		assert(span.start_at <= NOW && NOW < span.end_at && span.name);
	return 0;
}
