/* SPDX-License-Identifier: Apache-2.0 */
#include "present/environment.h"

#include "base/mem.h"
#include "model/config.h"
#include "present/debt.h"

#define HISTORY_LIMIT 20

#define GROUP(target)  VIA(struct group_item, group, target)
#define CHANGE(target) AT(struct environment_change_row, target)
#define CARD(target)   AT(struct environment_card, target)
#define GATE(target)   VIA(struct environment_card, gate, target), .empty = ABSENT_IF_NONE
#define LIST(target)   LIST_AT(struct environment_card, target)

/* clang-format off */
static const struct field group_fields[] = {
	{ "name",           "GROUP",    FIELD_TEXT,   GROUP(name) },
	{ "hosts",          "HOSTS",    FIELD_WORDS,  OWNED(struct group_item, hosts) },
	{ "canary",         "CANARY",   FIELD_NUMBER, GROUP(canary) },
	{ "wave",           "WAVE",     FIELD_TEXT,   AT(struct group_item, wave) },
	{ "failure_budget", "BUDGET",   FIELD_TEXT,   AT(struct group_item, failure_budget) },
	{ "services",       "SERVICES", FIELD_WORDS,  GROUP(services) },
};
static const struct view group_view = VIEW_OF(struct group_item, group_fields);

static const struct field change_fields[] = {
	{ "at",      "WHEN",    FIELD_TIME,   CHANGE(at) },
	{ "actor",   "WHO",     FIELD_TEXT,   CHANGE(actor) },
	{ "status",  "STATUS",  FIELD_TEXT,   CHANGE(status), .word = environment_status_name },
	{ "release", "RELEASE", FIELD_TEXT,   CHANGE(release), .empty = NULL_IF_NONE },
	{ "set",     "SET",     FIELD_DIGEST, CHANGE(set), .empty = NULL_IF_NONE },
	{ "rollout", "ROLLOUT", FIELD_NUMBER, CHANGE(rollout), .empty = NULL_IF_EMPTY },
};
static const struct view change_view = VIEW_OF(struct environment_change_row, change_fields);

static const struct field card_fields[] = {
	{ "name",              "environment",   FIELD_TEXT,     VIA(struct environment_card, environment, name) },
	{ "status",            "status",        FIELD_TEXT,     CARD(row.status), .word = environment_status_name },
	{ "held_at",           "held since",    FIELD_TIME,     CARD(row.held_at), .empty = ABSENT_IF_NONE },
	{ "held_by",           "  by",          FIELD_TEXT,     CARD(held_by), .empty = ABSENT_IF_NONE },
	{ "held_reason",       "  because",     FIELD_TEXT,     CARD(held_reason), .empty = ABSENT_IF_NONE },
	{ "candidate",         "candidate",     FIELD_TEXT,     CARD(row.candidate), .empty = NULL_IF_NONE },
	{ "release",           "release",       FIELD_TEXT,     CARD(row.release), .empty = NULL_IF_NONE },
	{ "told_at",           NULL,            FIELD_TIME,     CARD(row.told_at) },
	{ "told_by",           NULL,            FIELD_TEXT,     CARD(row.told_by), .empty = NULL_IF_NONE },
	{ "set",               "set",           FIELD_DIGEST,   CARD(row.set), .empty = NULL_IF_NONE },
	{ "entered_at",        "since",         FIELD_TIME,     CARD(row.entered_at) },
	{ "rollout",           "last rollout",  FIELD_TEXT,     CARD(row.rollout), .prefix = "rollout-", .empty = NULL_IF_NONE },
	{ "gate_tests",        "gate: tests",   FIELD_WORDS,    GATE(tests) },
	{ "gate_approvals",    "  approvals",   FIELD_NUMBER,   GATE(approvals) },
	{ "gate_approvers",    "  by",          FIELD_WORDS,    GATE(approvers) },
	{ "gate_soak_seconds", "  soak",        FIELD_DURATION, GATE(soak) },
	{ "groups",            "GROUPS",        FIELD_LIST,     LIST(groups), .view = &group_view },
	{ "owed",              "OWED TO HOSTS", FIELD_LIST,     LIST(debts), .view = &debt_row_view },
	{ "history",           "HISTORY",       FIELD_LIST,     LIST(changes), .view = &change_view, .none = "Nothing has happened here yet" },
};
/* clang-format on */

const struct view environment_card_view =
	VIEW_OF_KIND("environment", struct environment_card, card_fields);

static void format_portion(const struct portion *p, char out[PORTION_TEXT_SIZE])
{
	snprintf(out, PORTION_TEXT_SIZE, "%u%s", p->value, p->is_percent ? "%" : "");
}

static struct group_item describe_group(const struct group *g)
{
	struct group_item item = { .group = g,
		.hosts = mem_new(g->host_count + 1, sizeof *item.hosts) };

	for (size_t i = 0; i < g->host_count; i++)
		item.hosts[i] = g->hosts[i].name;
	format_portion(&g->wave, item.wave);
	format_portion(&g->failure_budget, item.failure_budget);
	return item;
}

int environment_card_read(const struct config *c, struct store *store, const char *name,
	struct environment_card *out, struct error *err)
{
	CLEANUP(environment_card_done) struct environment_card card = { 0 };
	const struct environment *e = config_environment(c, name);

	if (store_environment_find(store, name, &card.row, err) < 0 ||
		store_environment_history(store, name, HISTORY_LIMIT, &card.changes, err) < 0 ||
		store_debts(store, name, &card.debts, err) < 0)
		return -1;
	card.environment = e;
	card.gate = e->index + 1 < c->environment_count ? &e->gate : NULL;
	card.held_by = card.row.held_at ? card.row.held_by : NULL;
	card.held_reason = card.row.held_at ? card.row.held_reason : NULL;
	for (size_t i = 0; i < e->group_count; i++) {
		const struct group_item item = describe_group(&e->groups[i]);

		view_rows_take(&card.groups, &group_view, &item);
	}
	*out = STEAL(&card);
	return 0;
}

void environment_card_done(struct environment_card *c)
{
	view_rows_done(&c->groups);
	environment_row_done(&c->row);
	environment_change_rows_done(&c->changes);
	debt_rows_done(&c->debts);
	*c = (struct environment_card){ 0 };
}
