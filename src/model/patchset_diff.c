/* SPDX-License-Identifier: Apache-2.0 */
#include "model/patchset_diff.h"

#include "base/mem.h"
#include "model/patchset.h"

#include <string.h>

/* Which of two packages comes first in a walk through both sets; one that is missing comes last. */
static int compare(const struct package *a, const struct package *b)
{
	if (!a || !b)
		return a ? -1 : 1;
	const char *const words[][2] = {
		{ a->platform, b->platform },
		{ a->name, b->name },
		{ a->architecture, b->architecture },
	};
	int order = 0;

	for (size_t i = 0; !order && i < sizeof words / sizeof *words; i++)
		order = strcmp(words[i][0], words[i][1]);
	return order;
}

static const struct package *at(const struct patchset *set, size_t index)
{
	return index < patchset_count(set) ? patchset_at(set, index) : NULL;
}

static enum difference_kind kind_of(const struct package *before, const struct package *after)
{
	if (!before)
		return DIFFERENCE_ADDED;
	if (!after)
		return DIFFERENCE_REMOVED;
	if (strcmp(before->version, after->version) != 0 ||
		strcmp(before->sha256, after->sha256) != 0)
		return DIFFERENCE_CHANGED;
	return DIFFERENCE_COUNT;
}

size_t patchset_diff(
	const struct patchset *before, const struct patchset *after, struct difference **out)
{
	struct difference *found = NULL;
	size_t count = 0, capacity = 0, i = 0, j = 0;
	const struct package *old, *new;

	while ((old = at(before, i)), (new = at(after, j)), old || new) {
		int which = compare(old, new);
		struct difference d = {
			.before = which <= 0 ? old : NULL,
			.after = which >= 0 ? new : NULL,
		};

		i += which <= 0;
		j += which >= 0;
		d.kind = kind_of(d.before, d.after);
		if (d.kind == DIFFERENCE_COUNT)
			continue;
		found = mem_room(found, count, &capacity, sizeof *found);
		found[count++] = d;
	}
	*out = found;
	return count;
}

const char *difference_name(enum difference_kind kind)
{
	static const char *const names[DIFFERENCE_COUNT] = {
		[DIFFERENCE_ADDED] = "added",
		[DIFFERENCE_REMOVED] = "removed",
		[DIFFERENCE_CHANGED] = "changed",
	};

	return names[kind];
}
