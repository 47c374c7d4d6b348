/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/owed.h"

#include "base/clock.h"
#include "store/debt.h"

#include <inttypes.h>
#include <stdio.h>

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
