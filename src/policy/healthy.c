/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/healthy.h"

#include <stdio.h>

/* Why it does not serve; NULL when it does. */
static const char *absence_of(const struct healthy_sibling *sibling)
{
	static const char *const some_words[HOST_VERDICT_COUNT] = {
		[HOST_UNREACHABLE] = "is unreachable",
		[HOST_FAILED] = "failed in this rollout",
		[HOST_UNWELL] = "is not well",
	};

	if (sibling->is_in_wave)
		return "is patched with it";
	if (some_words[sibling->verdict])
		return some_words[sibling->verdict];
	return sibling->is_drained ? "is drained" : NULL;
}

/* ": web2 is drained, web3 is patched with it", as far as there is room. */
static void tell_absent(const struct healthy_facts *f, char *out, size_t size)
{
	const char *separator = ": ";

	for (size_t i = 0; i < f->count; i++) {
		const char *absence = absence_of(&f->siblings[i]);
		int told = absence ? snprintf(out, size, "%s%s %s", separator, f->siblings[i].name,
					     absence)
				   : 0;

		if (told < 0 || (size_t)told >= size)
			return;
		out += told;
		size -= (size_t)told;
		separator = told ? ", " : separator;
	}
}

bool healthy_is_enough(const struct healthy_facts *f, char *reason, size_t size)
{
	size_t serving = 0;

	for (size_t i = 0; i < f->count; i++)
		serving += !absence_of(&f->siblings[i]);
	if (serving >= f->least)
		return true;

	int told = snprintf(reason, size,
		"%zu of %zu other hosts of group '%s' would serve meanwhile, min-healthy is %u",
		serving, f->count, f->group, f->least);

	if (told > 0 && (size_t)told < size)
		tell_absent(f, reason + told, size - (size_t)told);
	return false;
}
