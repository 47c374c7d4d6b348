/* SPDX-License-Identifier: Apache-2.0 */
#include "present/why.h"

#define ANSWER(target) AT(struct why_answer, target)
#define CARD(target)   AT(struct why_card, target)

/* clang-format off */
static const struct field answer_fields[] = {
	{ "kind", NULL, FIELD_TEXT, ANSWER(kind), .word = why_kind_name },
	{ "what", NULL, FIELD_TEXT, ANSWER(what) },
	{ "todo", NULL, FIELD_TEXT, ANSWER(todo) },
};
static const struct view answer_view = VIEW_OF(struct why_answer, answer_fields);

static const struct field card_fields[] = {
	{ "host",        NULL, FIELD_TEXT, CARD(host) },
	{ "environment", NULL, FIELD_TEXT, CARD(environment), .empty = NULL_IF_NONE },
	{ "answers",     NULL, FIELD_LIST, LIST_OF(struct why_card, answers, count), .view = &answer_view },
};
/* clang-format on */

const struct view why_card_view = VIEW_OF(struct why_card, card_fields);
