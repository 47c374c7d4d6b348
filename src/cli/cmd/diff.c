/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "model/patchset.h"
#include "present/difference.h"

#include <stdio.h>
#include <stdlib.h>

static void print_summary(const size_t of[DIFFERENCE_COUNT])
{
	printf("\n%zu added, %zu changed, %zu removed\n", of[DIFFERENCE_ADDED],
		of[DIFFERENCE_CHANGED], of[DIFFERENCE_REMOVED]);
}

int cmd_diff(struct invocation *inv, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *before = NULL;
	CLEANUP(patchset_free) struct patchset *after = NULL;
	CLEANUP(free) struct difference *differences = NULL;
	CLEANUP(free) struct difference_item *items = NULL;
	size_t of[DIFFERENCE_COUNT] = { 0 };

	if (lookup_set(inv, arg_at(inv, 0), &before, err) < 0 ||
		lookup_set(inv, arg_at(inv, 1), &after, err) < 0)
		return -1;

	size_t count = patchset_diff(before, after, &differences);

	items = difference_items(differences, count);
	for (size_t i = 0; i < count; i++)
		of[differences[i].kind]++;
	output_rows(inv, &difference_item_view, items, count, "Both sets have the same packages");
	if (count && is_for_people(inv))
		print_summary(of);
	return 0;
}
