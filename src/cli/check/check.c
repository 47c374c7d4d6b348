/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check/check.h"

#include "cli/term/table.h"

static const struct column columns[] = {
	{ "status", "STATUS", COLUMN_TEXT },
	{ "area", "AREA", COLUMN_TEXT },
	{ "name", "NAME", COLUMN_TEXT },
	{ "what", "WHAT", COLUMN_PROSE },
	{ "todo", "WHAT TO DO", COLUMN_PROSE },
	{ 0 },
};

static const char *const status_names[CHECK_STATUS_COUNT] = {
	[CHECK_GOOD] = "good",
	[CHECK_WARNING] = "warning",
	[CHECK_WRONG] = "wrong",
};

void checks_init(struct checks *c)
{
	*c = (struct checks){ .table = table_new(columns) };
}

void checks_add(struct checks *c, const struct check_result *result)
{
	table_row(c->table);
	table_text(c->table, "status", status_names[result->status]);
	table_text(c->table, "area", result->area);
	table_text(c->table, "name", result->name);
	table_text(c->table, "what", result->what);
	table_text(c->table, "todo", result->todo);
	c->of[result->status]++;
}

void checks_done(struct checks *c)
{
	table_free(c->table);
	c->table = NULL;
}
