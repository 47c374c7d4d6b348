/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/frozen.h"

#include "base/str.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/patchset.h"
#include "pending/freeze.h"
#include "pending/last_seen.h"

#include <stdio.h>

static const struct column columns[] = {
	{ "platform", NULL, COLUMN_TEXT },
	{ "name", "PACKAGE", COLUMN_TEXT },
	{ "architecture", NULL, COLUMN_TEXT },
	{ "oldest", "FROM", COLUMN_TEXT },
	{ "version", "TO", COLUMN_TEXT },
	{ "hosts", "HOSTS", COLUMN_NUMBER },
	{ "first_environment", "FIRST IN", COLUMN_TEXT },
	{ "size", "SIZE", COLUMN_SIZE },
	{ "is_security", "SECURITY", COLUMN_FLAG },
	{ "is_new", NULL, COLUMN_FLAG },
	{ "advisories", NULL, COLUMN_WORDS },
	{ "why", "WHY", COLUMN_PROSE },
	{ 0 },
};

struct table *frozen_table(const struct freeze *f, bool tells_why)
{
	struct table *t = table_new(columns);

	for (size_t i = 0; i < freeze_count(f); i++) {
		const struct frozen *p = freeze_at(f, i);

		table_row(t);
		table_text(t, "platform", p->platform);
		table_text(t, "name", p->name);
		table_text(t, "architecture", p->architecture);
		table_text(t, "oldest", p->is_new ? "(new)" : p->oldest);
		table_text(t, "version", p->version);
		table_number(t, "hosts", (int64_t)p->hosts);
		table_text(t, "first_environment", p->first ? p->first->name : NULL);
		table_number(t, "size", (int64_t)p->size);
		table_number(t, "is_security", p->is_security);
		table_number(t, "is_new", p->is_new);
		table_text(t, "advisories", p->advisories);
		if (tells_why)
			table_text(t, "why", p->why);
	}
	return t;
}

uint64_t frozen_size(const struct freeze *f)
{
	uint64_t total = 0;

	for (size_t i = 0; i < freeze_count(f); i++)
		total += freeze_at(f, i)->size;
	return total;
}

/* Of what nobody asked for the number is enough: the set itself names each. */
static void print_left_out(const struct patchset *set)
{
	size_t count = patchset_left_out_count(set), unasked = 0;

	if (count)
		output_heading("Left out");
	for (size_t i = 0; i < count; i++) {
		const struct left_out *l = patchset_left_out_at(set, i);

		if (str_starts(l->reason, "not asked for"))
			unasked++;
		else
			printf("  %s %s: %s\n", l->name, l->version, l->reason);
	}
	if (unasked)
		printf("  %zu packages that were not asked for ('patchline show %.12s' names them)\n",
			unasked, patchset_digest(set));
}

/* Every host of the configuration is in the set's account, or named here. */
static void print_unplanned(const struct freeze *f)
{
	const struct seen_host *row = NULL;
	size_t at = 0, told = 0;

	while ((row = freeze_unplanned_next(f, &at))) {
		if (!told++)
			output_heading("Not planned for");
		printf("  %s in %s: %s: what it needs is not in the set; scan it and freeze again\n",
			row->name, row->environment, last_seen_why(row));
	}
}

void frozen_print_left_out(const struct freeze *f)
{
	print_unplanned(f);
	if (freeze_set(f))
		print_left_out(freeze_set(f));
	for (size_t i = 0; i < freeze_note_count(f); i++)
		printf("  note: %s\n", freeze_note_at(f, i));
}
