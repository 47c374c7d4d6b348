/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/owed.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/term/table.h"
#include "store/debt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ "host", "HOST", COLUMN_TEXT },
	{ "debt", "OWED", COLUMN_TEXT },
	{ "environment", NULL, COLUMN_TEXT },
	{ "rollout", "BY", COLUMN_TEXT },
	{ "since", "SINCE", COLUMN_TIME },
	{ "at_work", "AT WORK", COLUMN_TEXT },
	{ 0 },
};

struct table *owed_table(const struct debt_rows *rows)
{
	struct table *t = table_new(columns);

	for (size_t i = 0; i < rows->count; i++) {
		const struct debt_row *row = &rows->items[i];
		CLEANUP(free) char *rollout = mem_printf("rollout-%" PRId64, row->rollout);

		table_row(t);
		table_text(t, "host", row->host);
		table_text(t, "debt", debt_name(row->debt));
		table_text(t, "environment", row->environment);
		table_text(t, "rollout", rollout);
		table_number(t, "since", row->since);
		if (*row->at_work)
			table_text(t, "at_work", row->at_work);
	}
	return t;
}

/* What is to be done so that it is given back. */
static void print_remedy(const struct debt_row *row)
{
	if (*row->at_work)
		printf("it may still be at %s, and is left alone until that has ended: promote "
		       "again, which asks it first\n",
			row->at_work);
	else if (row->debt == DEBT_WAY_BACK)
		printf("'patchline resume rollout-%" PRId64 "' takes it back\n", row->rollout);
	else if (row->debt == DEBT_SERVICE)
		printf("promote again once it is well, or 'patchline undrain %s' gives load back\n",
			row->host);
	else
		puts("promote again");
}

void owed_print(const struct debt_rows *rows)
{
	static const char *const words[DEBT_COUNT] = {
		[DEBT_SERVICE] = "is out of service",
		[DEBT_UPDATERS] = "has its other updaters held off",
		[DEBT_WAY_BACK] = "is to go back to what it was",
	};

	for (size_t i = 0; i < rows->count; i++) {
		const struct debt_row *row = &rows->items[i];
		char age[CLOCK_TEXT_SIZE];

		printf("\n%s: %s %s since %s ago, by rollout-%" PRId64 "; ", row->environment,
			row->host, words[row->debt],
			clock_format_age(clock_now() - row->since, age), row->rollout);
		print_remedy(row);
	}
}
