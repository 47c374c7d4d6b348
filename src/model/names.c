/* SPDX-License-Identifier: Apache-2.0 */
#include "model/names.h"

#include <assert.h>
#include <string.h>

const char *names_word(const struct names *names, int value)
{
	assert(value >= 0 && value < names->count);
	return names->words[value];
}

int names_find(const struct names *names, const char *word)
{
	for (int i = 0; word && i < names->count; i++) {
		if (strcmp(names->words[i], word) == 0)
			return i;
	}
	return -1;
}
