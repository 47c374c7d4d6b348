/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/event_line.h"

#include "base/cells.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define WHO_WIDTH   16
#define WORD_WIDTH  9
#define TOOK_WIDTH  7
#define REASON_MOST 4000

char *event_line_words(const struct event_line *h)
{
	CLEANUP(free) char *reason = cells_clean(h->reason, strlen(h->reason), REASON_MOST);
	struct str words = { 0 };

	str_addf(&words, "%-*s ", WHO_WIDTH, h->who);
	if (*h->step)
		str_addf(&words, "%-*s ", WORD_WIDTH, h->step);
	if (*h->took)
		str_addf(&words, "%-*s %*s", WORD_WIDTH, h->state, TOOK_WIDTH, h->took);
	else
		str_add(&words, h->state);
	if (*reason)
		str_addf(&words, ": %s", reason);
	return str_take(&words);
}
