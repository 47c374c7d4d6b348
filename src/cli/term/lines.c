/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/lines.h"

#include "base/mem.h"

#include <stdlib.h>

void lines_add(struct lines *l, enum tone tone, char *text)
{
	l->items = mem_room(l->items, l->count, &l->capacity, sizeof *l->items);
	l->items[l->count++] = (struct line){ text, tone };
}

void lines_cut(struct lines *l, size_t most)
{
	while (l->count > most)
		free(l->items[--l->count].text);
}

void lines_done(struct lines *l)
{
	lines_cut(l, 0);
	free(l->items);
	*l = (struct lines){ 0 };
}
