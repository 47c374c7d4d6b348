/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/tested.h"

#include "cli/term/table.h"
#include "gate/testing.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "id", "ID", COLUMN_NUMBER },
	{ "suite", "TEST", COLUMN_TEXT },
	{ "host", "ON", COLUMN_TEXT },
	{ "outcome", "OUTCOME", COLUMN_TEXT },
	{ "passed", "PASSED", COLUMN_NUMBER },
	{ "failed", "FAILED", COLUMN_NUMBER },
	{ "skipped", "SKIPPED", COLUMN_NUMBER },
	{ "duration_seconds", "TOOK", COLUMN_DURATION },
	{ "reason", "REASON", COLUMN_PROSE },
	{ 0 },
};

struct table *tested_table(void)
{
	return table_new(columns);
}

void tested_start(void *table, const char *suite, const char *host)
{
	(void)table;
	fprintf(stderr, "test %s%s%s ...\n", suite, *host ? " on " : "", host);
}

void tested_end(void *table, const struct test_told *told)
{
	struct table *t = table;

	table_row(t);
	table_number(t, "id", told->id);
	table_text(t, "suite", told->suite);
	table_text(t, "host", *told->host ? told->host : "controller");
	table_text(t, "outcome", outcome_name(told->outcome));
	table_number(t, "passed", (int64_t)told->passed);
	table_number(t, "failed", (int64_t)told->failed);
	table_number(t, "skipped", (int64_t)told->skipped);
	table_number(t, "duration_seconds", told->elapsed);
	table_text(t, "reason", told->reason);
}
