/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/frozen.h"

#include "base/str.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "model/patchset.h"
#include "pending/freeze.h"
#include "pending/last_seen.h"

#include <stdio.h>

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
