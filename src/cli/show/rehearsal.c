/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rehearsal.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/card.h"

#include <string.h>

/* "CVE-2026-1 nginx", "all", "security", "set a41f...": what was asked for, in a line. */
static void add_asked(struct str *words, const struct jvalue *asked)
{
	const struct jvalue *fixes = jvalue_get(asked, "fixes");
	const char *what = jvalue_string(asked, "what"), *set = jvalue_string(asked, "set");

	for (size_t i = 0; i < jvalue_count(fixes); i++)
		str_addf(words, "%s%s", i ? " " : "", jvalue_text(jvalue_at(fixes, i)));
	if (what)
		str_add(words, what);
	if (set)
		str_addf(words, "set %.12s", set);
}

static void tell(struct card *card, const char *id, const struct rehearsal_row *row,
	const struct jvalue *asked)
{
	CLEANUP(str_done) struct str words = { 0 };
	int64_t until = row->ended_at ? row->ended_at : clock_now();

	add_asked(&words, asked);
	card_text(card, "id", "rehearsal", id);
	card_text(card, "environment", "environment", row->environment);
	card_text(card, "asked", "asked for", str_text(&words));
	card_text(card, "origin", NULL, rehearsal_origin_name(row->origin));
	card_text(card, "candidate", "candidate", row->candidate);
	card_text(card, "set", NULL, row->set);
	card_text(card, "clone", "clone", row->clone);
	card_text(card, "state", "state", rehearsal_state_name(row->state));
	card_text(card, "reason", "because", row->reason);
	card_time(card, "started_at", "started", row->started_at);
	card_time(card, "ended_at", NULL, row->ended_at);
	card_text(card, "started_by", "by", row->started_by);
	card_duration(card, "duration_seconds", "took", until - row->started_at);
}

int show_rehearsal(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };
	CLEANUP(jvalue_free) struct jvalue *asked = NULL;
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_rehearsal_find(store, rehearsal_number(id), &row, err) < 0 ||
		jvalue_parse(row.asked, strlen(row.asked), &asked, err) < 0)
		return -1;

	struct card *card = card_begin(inv, "rehearsal");

	tell(card, id, &row, asked);
	card_end(card);
	return 0;
}
