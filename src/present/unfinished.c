/* SPDX-License-Identifier: Apache-2.0 */
#include "present/unfinished.h"

#define REMNANT(target) VIA(struct unfinished_item, unfinished_operation, target)
#define ITEM(target)    AT(struct unfinished_item, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "name",        "NAME",        FIELD_TEXT,  REMNANT(name) },
	{ "doing",       "DOING",       FIELD_TEXT,  REMNANT(kind), .word = unfinished_kind_name },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,  REMNANT(environment) },
	{ "outcome",     "OUTCOME",     FIELD_TEXT,  ITEM(outcome) },
	{ "words",       "WORDS",       FIELD_PROSE, OWNED(struct unfinished_item, words), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view unfinished_item_view = VIEW_OF(struct unfinished_item, item_fields);
