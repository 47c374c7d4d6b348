/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/last_line.h"

#include <stdio.h>
#include <string.h>

#define TELL_MS      1000 /* between two tellings of a host */
#define TELL_EACH_MS 100  /* between two tellings of any */

static bool says_something(const struct last_line *h)
{
	for (size_t i = 0; i < h->size; i++) {
		if (h->line[i] != ' ' && h->line[i] != '\t')
			return true;
	}
	return false;
}

static void end_line(struct last_line *h)
{
	if (says_something(h))
		snprintf(h->last, sizeof h->last, "%.*s", (int)h->size, h->line);
	h->size = 0;
}

void last_line_begin(struct last_line *h)
{
	*h = (struct last_line){ .told_at_ms = h->told_at_ms };
}

/* Programs draw progress by going back to the start of the line. */
void last_line_add(struct last_line *h, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r')
			end_line(h);
		else if (h->size < sizeof h->line - 1)
			h->line[h->size++] = bytes[i];
	}
	h->is_new |= size > 0;
}

bool last_line_is_due(struct last_line *h, int64_t now_ms, size_t hosts_at_work)
{
	int64_t fair = (int64_t)hosts_at_work * TELL_EACH_MS;

	if (!h->is_new || now_ms - h->told_at_ms < (fair > TELL_MS ? fair : TELL_MS))
		return false;
	h->told_at_ms = now_ms;
	return true;
}

const char *last_line_take(struct last_line *h, char out[LAST_LINE_SIZE])
{
	h->is_new = false;
	if (says_something(h))
		snprintf(out, LAST_LINE_SIZE, "%.*s", (int)h->size, h->line);
	else
		memcpy(out, h->last, LAST_LINE_SIZE);
	return out;
}
