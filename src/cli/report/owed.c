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

int owed_print(struct invocation *inv, const struct debt_rows *rows, struct error *err)
{
	static const char *const words[DEBT_COUNT] = {
		[DEBT_NONE] = "is owed nothing",
		[DEBT_SERVICE] = "is out of service",
		[DEBT_UPDATERS] = "has its other updaters held off",
		[DEBT_WAY_BACK] = "is to go back to what it was",
	};

	for (size_t i = 0; i < rows->count; i++) {
		const struct debt_row *row = &rows->items[i];
		CLEANUP(free) char *way_on = NULL;
		char age[CLOCK_TEXT_SIZE];

		if (find_way_on(inv, row->environment, &way_on, err) < 0)
			return -1;
		printf("\n%s: %s %s since %s ago, by rollout-%" PRId64 "; ", row->environment,
			row->host, words[row->debt],
			clock_format_age(clock_now() - row->since, age), row->rollout);
		print_remedy(row, way_on);
	}
	return 0;
}
