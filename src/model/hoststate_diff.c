/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hoststate_diff.h"

#include "model/hoststate.h"

#include <string.h>

static const struct installed *at_or_none(const struct hoststate *s, size_t index)
{
	return index < hoststate_count(s) ? hoststate_at(s, index) : NULL;
}

static int compare_places(const struct installed *before, const struct installed *after)
{
	int order = 0;

	if (!before || !after)
		return before ? -1 : 1;
	order = strcmp(before->name, after->name);
	return order ? order : strcmp(before->architecture, after->architecture);
}

static bool is_same(const struct installed *before, const struct installed *after)
{
	return before && after && strcmp(before->version, after->version) == 0 &&
	       before->is_held == after->is_held && before->is_pinned == after->is_pinned &&
	       before->is_broken == after->is_broken;
}

/* Both are ordered by name, then architecture. */
bool hoststate_diff_next(
	const struct hoststate *before, const struct hoststate *after, struct hoststate_diff *at)
{
	while (at->before_seen < hoststate_count(before) ||
		at->after_seen < hoststate_count(after)) {
		const struct installed *b = at_or_none(before, at->before_seen);
		const struct installed *a = at_or_none(after, at->after_seen);
		int order = compare_places(b, a);

		at->before = order <= 0 ? b : NULL;
		at->after = order >= 0 ? a : NULL;
		at->before_seen += order <= 0;
		at->after_seen += order >= 0;
		if (!is_same(at->before, at->after))
			return true;
	}
	return false;
}
