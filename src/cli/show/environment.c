/* SPDX-License-Identifier: Apache-2.0 */
#include "store/environment.h"

#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/owed.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "store/debt.h"

#define HISTORY_LIMIT 20

static const struct column group_columns[] = {
	{ "name", "GROUP", COLUMN_TEXT },
	{ "hosts", "HOSTS", COLUMN_WORDS },
	{ "canary", "CANARY", COLUMN_NUMBER },
	{ "wave", "WAVE", COLUMN_TEXT },
	{ "failure_budget", "BUDGET", COLUMN_TEXT },
	{ "services", "SERVICES", COLUMN_WORDS },
	{ 0 },
};

static const struct column history_columns[] = {
	{ "at", "WHEN", COLUMN_TIME },
	{ "actor", "WHO", COLUMN_TEXT },
	{ "status", "STATUS", COLUMN_TEXT },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "set", "SET", COLUMN_DIGEST },
	{ "rollout", "ROLLOUT", COLUMN_NUMBER },
	{ 0 },
};

static void add_portion(struct table *t, const char *column, const struct portion *p)
{
	CLEANUP(free) char *text = mem_printf("%u%s", p->value, p->is_percent ? "%" : "");

	table_text(t, column, text);
}

static struct table *groups(const struct environment *e)
{
	struct table *t = table_new(group_columns);

	for (size_t i = 0; i < e->group_count; i++) {
		const struct group *g = &e->groups[i];
		CLEANUP(free) const char **names = mem_new(g->host_count + 1, sizeof *names);

		for (size_t k = 0; k < g->host_count; k++)
			names[k] = g->hosts[k].name;
		table_row(t);
		table_text(t, "name", g->name);
		table_words(t, "hosts", names);
		table_number(t, "canary", g->canary);
		add_portion(t, "wave", &g->wave);
		add_portion(t, "failure_budget", &g->failure_budget);
		table_words(t, "services", g->services);
	}
	return t;
}

static struct table *history(const struct environment_change_rows *rows)
{
	struct table *t = table_new(history_columns);

	for (size_t i = 0; i < rows->count; i++) {
		const struct environment_change_row *row = &rows->items[i];

		table_row(t);
		table_number(t, "at", row->at);
		table_text(t, "actor", row->actor);
		table_text(t, "status", environment_status_name(row->status));
		table_text(t, "release", row->release);
		table_text(t, "set", row->set);
		if (row->rollout)
			table_number(t, "rollout", row->rollout);
	}
	return t;
}

/* What its gate asks before a candidate may go on to the next environment. */
static void tell_gate(struct card *card, const struct config *c, const struct environment *e)
{
	const struct gate *gate = &e->gate;

	if (e->index + 1 == c->environment_count)
		return;
	card_words(card, "gate_tests", "gate: tests", gate->tests);
	card_number(card, "gate_approvals", "  approvals", gate->approvals);
	card_words(card, "gate_approvers", "  by", gate->approvers);
	card_duration(card, "gate_soak_seconds", "  soak", gate->soak);
}

int show_environment(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(environment_change_rows_done) struct environment_change_rows changes = { 0 };
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (is_clone_name(id))
		return show_clone(inv, id, err);
	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_environment_find(store, id, &row, err) < 0 ||
		store_environment_history(store, id, HISTORY_LIMIT, &changes, err) < 0 ||
		store_debts(store, id, &debts, err) < 0)
		return -1;

	const struct environment *e = config_environment(c, id);
	CLEANUP(free)
	char *rollout = row.rollout ? mem_printf("rollout-%lld", (long long)row.rollout) : NULL;
	struct card *card = card_begin(inv, "environment");

	card_text(card, "name", "environment", e->name);
	card_text(card, "status", "status", environment_status_name(row.status));
	if (row.held_at) {
		card_time(card, "held_at", "held since", row.held_at);
		card_text(card, "held_by", "  by", row.held_by);
		card_text(card, "held_reason", "  because", row.held_reason);
	}
	card_text(card, "candidate", "candidate", row.candidate);
	card_text(card, "release", "release", row.release);
	card_time(card, "told_at", NULL, row.told_at);
	card_text(card, "told_by", NULL, row.told_by);
	card_digest(card, "set", "set", row.set);
	card_time(card, "entered_at", "since", row.entered_at);
	card_text(card, "rollout", "last rollout", rollout);
	tell_gate(card, c, e);
	card_table(card, "groups", "GROUPS", groups(e), NULL);
	card_table(card, "owed", "OWED TO HOSTS", owed_table(&debts), NULL);
	card_table(card, "history", "HISTORY", history(&changes), "Nothing has happened here yet");
	card_end(card);
	return 0;
}
