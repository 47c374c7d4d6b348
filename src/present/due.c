/* SPDX-License-Identifier: Apache-2.0 */
#include "present/due.h"

#include "base/error.h"

#define ANSWER(target)  AT(struct due_answer, target)
#define TOLD(target)    VIA(struct due_answer, told, target)
#define FAILURE(target) VIA(struct due_answer, failure, target), .empty = NULL_IF_NONE

/* clang-format off */
static const struct field answer_fields[] = {
	{ "environment",   NULL, FIELD_TEXT,  ANSWER(environment) },
	{ "verdict",       NULL, FIELD_TEXT,  TOLD(decision.verdict), .word = due_verdict_name },
	{ "occurrence_at", NULL, FIELD_TIME,  TOLD(decision.occurrence_at) },
	{ "next_at",       NULL, FIELD_TIME,  TOLD(next_at) },
	{ "reason",        NULL, FIELD_TEXT,  TOLD(decision.reason), .empty = NULL_IF_EMPTY },
	{ "remedy",        NULL, FIELD_TEXT,  TOLD(decision.remedy), .empty = NULL_IF_EMPTY },
	{ "removed",       NULL, FIELD_WORDS, ANSWER(removed) },
	{ "rehearsal",     NULL, FIELD_JSON,  ANSWER(rehearsal), .empty = NULL_IF_NONE },
	{ "error_kind",    NULL, FIELD_TEXT,  FAILURE(kind), .word = error_kind_name },
	{ "error",         NULL, FIELD_TEXT,  FAILURE(text) },
};
/* clang-format on */

const struct view due_answer_view = VIEW_OF(struct due_answer, answer_fields);
