/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "calendar/busy.h"
#include "calendar/recurrence.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#define NOW  ((int64_t)1795485600)
#define WEEK ((int64_t)7 * 86400)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A calendar is understood, or wrong with words and nothing of it is left; a span that is told holds the moment. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(recurrence_free) struct recurrence *r = NULL;
	struct error err = { 0 };

	if (recurrence_parse("FREQ=DAILY", RECURRENCE_FROM, &r, &err) < 0)
		abort();

	CLEANUP(busy_free) struct busy *b = busy_new(r);
	bool is_taken = busy_add_calendar(b, (const char *)bytes, size, &err) == 0;

	assert(is_taken || (err.kind == ERR_CORRUPT && err.text[0]));
	for (int64_t at = NOW - WEEK; at < NOW + WEEK; at += WEEK / 14) {
		struct busy_span span = { 0 };

		if (busy_at(b, at, &span))
			assert(is_taken && span.start_at <= at && at < span.end_at && span.name);
	}
	return 0;
}
