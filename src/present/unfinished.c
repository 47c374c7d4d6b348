/* SPDX-License-Identifier: Apache-2.0 */
#include "present/unfinished.h"

#include "base/mem.h"

#include <stdlib.h>

#define REMNANT(target) VIA(struct unfinished_item, unfinished_operation, target)
#define ITEM(target)    AT(struct unfinished_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "name",        "NAME",        FIELD_TEXT,  REMNANT(name) },
	{ "doing",       "DOING",       FIELD_TEXT,  REMNANT(kind), .word = unfinished_kind_name },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,  REMNANT(environment) },
	{ "outcome",     "OUTCOME",     FIELD_TEXT,  ITEM(outcome) },
	{ "words",       "WORDS",       FIELD_PROSE, ITEM(words), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view unfinished_item_view = VIEW_OF(struct unfinished_item, item_fields);

void unfinished_items_add(struct unfinished_items *r,
	const struct unfinished_operation *unfinished_operation, const char *outcome,
	const char *words)
{
	r->items = mem_room(r->items, r->count, &r->capacity, sizeof *r->items);
	r->items[r->count++] =
		(struct unfinished_item){ unfinished_operation, outcome, mem_strdup(words) };
}

void unfinished_items_done(struct unfinished_items *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].words);
	free(r->items);
	*r = (struct unfinished_items){ 0 };
}
