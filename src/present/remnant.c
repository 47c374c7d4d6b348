/* SPDX-License-Identifier: Apache-2.0 */
#include "present/remnant.h"

#include "base/mem.h"

#include <stdlib.h>

#define REMNANT(member) VIA(struct remnant_item, remnant, member)
#define ITEM(member)    AT(struct remnant_item, member)

/* clang-format off */
static const struct field item_fields[] = {
	{ "name",        "NAME",        FIELD_TEXT,  REMNANT(name) },
	{ "doing",       "DOING",       FIELD_TEXT,  REMNANT(kind), .word = remnant_kind_name },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,  REMNANT(environment) },
	{ "outcome",     "OUTCOME",     FIELD_TEXT,  ITEM(outcome) },
	{ "words",       "WORDS",       FIELD_PROSE, ITEM(words), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view remnant_item_view = VIEW_OF(struct remnant_item, item_fields);

void remnant_items_add(struct remnant_items *r, const struct remnant *remnant, const char *outcome,
	const char *words)
{
	if (r->count == r->capacity)
		r->items = mem_grow(r->items, &r->capacity, sizeof *r->items);
	r->items[r->count++] = (struct remnant_item){ remnant, outcome, mem_strdup(words) };
}

void remnant_items_done(struct remnant_items *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].words);
	free(r->items);
	*r = (struct remnant_items){ 0 };
}
