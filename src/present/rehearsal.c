/* SPDX-License-Identifier: Apache-2.0 */
#include "present/rehearsal.h"

#include "base/clock.h"
#include "base/jvalue.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define CARD(target)    AT(struct rehearsal_card, target)
#define SUMMARY(target) VIA(struct rehearsal_answer, summary, target)

/* clang-format off */
static const struct field card_fields[] = {
	{ "id",               "rehearsal",   FIELD_TEXT,     CARD(row.id), .prefix = "rehearsal-" },
	{ "environment",      "environment", FIELD_TEXT,     CARD(row.environment) },
	{ "asked",            "asked for",   FIELD_TEXT,     CARD(asked) },
	{ "origin",           NULL,          FIELD_TEXT,     CARD(row.origin), .word = rehearsal_origin_name },
	{ "candidate",        "candidate",   FIELD_TEXT,     CARD(row.candidate), .empty = NULL_IF_NONE },
	{ "set",              NULL,          FIELD_DIGEST,   CARD(row.set), .empty = NULL_IF_NONE },
	{ "clone",            "clone",       FIELD_TEXT,     CARD(row.clone), .empty = NULL_IF_NONE },
	{ "state",            "state",       FIELD_TEXT,     CARD(row.state), .word = rehearsal_state_name },
	{ "reason",           "because",     FIELD_TEXT,     CARD(row.reason) },
	{ "started_at",       "started",     FIELD_TIME,     CARD(row.started_at) },
	{ "ended_at",         NULL,          FIELD_TIME,     CARD(row.ended_at) },
	{ "started_by",       "by",          FIELD_TEXT,     CARD(row.started_by) },
	{ "duration_seconds", "took",        FIELD_DURATION, CARD(duration) },
};

static const struct field answer_fields[] = {
	{ "rehearsal",   NULL, FIELD_TEXT, SUMMARY(id), .prefix = "rehearsal-" },
	{ "environment", NULL, FIELD_TEXT, AT(struct rehearsal_answer, environment) },
	{ "state",       NULL, FIELD_TEXT, SUMMARY(state), .word = rehearsal_state_name },
	{ "reason",      NULL, FIELD_TEXT, SUMMARY(reason) },
	{ "candidate",   NULL, FIELD_TEXT, SUMMARY(candidate), .empty = NULL_IF_EMPTY },
	{ "clone",       NULL, FIELD_TEXT, SUMMARY(clone), .empty = NULL_IF_EMPTY },
	{ "logs",        NULL, FIELD_TEXT, SUMMARY(logs), .empty = NULL_IF_EMPTY },
	{ "packages",    NULL, FIELD_LIST, LIST_AT(struct rehearsal_answer, packages), .view = &frozen_item_view },
	{ "tests",       NULL, FIELD_LIST, LIST_AT(struct rehearsal_answer, tests), .view = &tested_item_view },
};
/* clang-format on */

const struct view rehearsal_answer_view = VIEW_OF(struct rehearsal_answer, answer_fields);

const struct view rehearsal_card_view =
	VIEW_OF_KIND("rehearsal", struct rehearsal_card, card_fields);

/* "CVE-2026-1 nginx", "all", "security", "set a41f...": what was asked for, in a line. */
static char *asked_words(const struct jvalue *asked)
{
	CLEANUP(str_done) struct str words = { 0 };
	const struct jvalue *fixes = jvalue_get(asked, "fixes");
	const char *what = jvalue_string(asked, "what"), *set = jvalue_string(asked, "set");

	for (size_t i = 0; i < jvalue_count(fixes); i++)
		str_addf(&words, "%s%s", i ? " " : "", jvalue_text(jvalue_at(fixes, i)));
	if (what)
		str_add(&words, what);
	if (set)
		str_addf(&words, "set %.12s", set);
	return str_take(&words);
}

int rehearsal_card_read(
	struct store *store, int64_t id, struct rehearsal_card *out, struct error *err)
{
	CLEANUP(rehearsal_card_done) struct rehearsal_card card = { 0 };
	CLEANUP(jvalue_free) struct jvalue *asked = NULL;

	if (store_rehearsal_find(store, id, &card.row, err) < 0 ||
		jvalue_parse(card.row.asked, strlen(card.row.asked), &asked, err) < 0)
		return -1;
	card.asked = asked_words(asked);
	card.duration = (card.row.ended_at ? card.row.ended_at : clock_now()) - card.row.started_at;
	*out = STEAL(&card);
	return 0;
}

void rehearsal_card_done(struct rehearsal_card *c)
{
	rehearsal_row_done(&c->row);
	free(c->asked);
	*c = (struct rehearsal_card){ 0 };
}
