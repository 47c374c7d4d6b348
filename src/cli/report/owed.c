/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/owed.h"

#include "base/clock.h"
#include "base/error.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "store/debt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What is to be done so that it is given back. way_on: how its environment goes on. */
static void print_remedy(const struct debt_row *row, const char *way_on)
{
	if (*row->at_work)
		printf("it may still be at %s, and is left alone until that has ended; it is asked "
		       "first: %s\n",
			row->at_work, way_on);
	else if (row->debt == DEBT_SERVICE)
		printf("once it is well, %s, or 'patchline undrain %s' gives load back\n", way_on,
			row->host);
	else
		puts(way_on);
}

/* What of it is owed. */
static const char *debt_words(enum debt debt)
{
	switch (debt) {
	case DEBT_SERVICE:
		return "is out of service";
	case DEBT_UPDATERS:
		return "has its other updaters held off";
	case DEBT_WAY_BACK:
		return "is to go back to what it was";
	case DEBT_NONE:
	case DEBT_COUNT:
		break;
	}
	return "is owed nothing";
}

int owed_print(struct invocation *inv, const struct debt_rows *rows, struct error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct debt_row *row = &rows->items[i];
		CLEANUP(free) char *way_on = NULL;
		char age[CLOCK_TEXT_SIZE];

		if (find_way_on(inv, row->environment, &way_on, err) < 0)
			return -1;
		printf("\n%s: %s %s since %s ago, by rollout-%" PRId64 "; ", row->environment,
			row->host, debt_words(row->debt),
			clock_format_age(clock_now() - row->since, age), row->rollout);
		print_remedy(row, way_on);
	}
	return 0;
}
