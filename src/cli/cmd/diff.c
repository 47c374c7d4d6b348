/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "model/patchset.h"
#include "model/patchset_diff.h"

#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ "change", "CHANGE", COLUMN_TEXT },
	{ "platform", "PLATFORM", COLUMN_TEXT },
	{ "name", "PACKAGE", COLUMN_TEXT },
	{ "architecture", "ARCH", COLUMN_TEXT },
	{ "before", "BEFORE", COLUMN_TEXT },
	{ "after", "AFTER", COLUMN_TEXT },
	{ "before_sha256", NULL, COLUMN_DIGEST },
	{ "after_sha256", NULL, COLUMN_DIGEST },
	{ "advisories", "ADVISORIES", COLUMN_ABRIDGED },
	{ 0 },
};

static void add_difference(struct table *t, const struct difference *d)
{
	const struct package *any = d->after ? d->after : d->before;

	table_row(t);
	table_text(t, "change", difference_name(d->kind));
	table_text(t, "platform", any->platform);
	table_text(t, "name", any->name);
	table_text(t, "architecture", any->architecture);
	table_text(t, "before", d->before ? d->before->version : NULL);
	table_text(t, "after", d->after ? d->after->version : NULL);
	table_text(t, "before_sha256", d->before ? d->before->sha256 : NULL);
	table_text(t, "after_sha256", d->after ? d->after->sha256 : NULL);
	table_text(t, "advisories", any->advisories);
}

static void print_summary(const size_t of[DIFFERENCE_COUNT])
{
	printf("\n%zu added, %zu changed, %zu removed\n", of[DIFFERENCE_ADDED],
		of[DIFFERENCE_CHANGED], of[DIFFERENCE_REMOVED]);
}

int cmd_diff(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(patchset_free) struct patchset *before = NULL;
	CLEANUP(patchset_free) struct patchset *after = NULL;
	CLEANUP(free) struct difference *differences = NULL;
	size_t of[DIFFERENCE_COUNT] = { 0 };

	if (lookup_set(inv, arg_at(inv, 0), &before, err) < 0 ||
		lookup_set(inv, arg_at(inv, 1), &after, err) < 0)
		return -1;

	size_t count = patchset_diff(before, after, &differences);

	for (size_t i = 0; i < count; i++) {
		add_difference(t, &differences[i]);
		of[differences[i].kind]++;
	}
	output_table(inv, t, "Both sets have the same packages");
	if (count && !wants_json(inv))
		print_summary(of);
	return 0;
}
