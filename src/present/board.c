/* SPDX-License-Identifier: Apache-2.0 */
#include "present/board.h"

#include "model/config.h"
#include "present/debt.h"

#define ROW(target)         VIA(struct board_item, row, target)
#define ENVIRONMENT(target) ROW(drift.row.target)
#define ITEM(target)        AT(struct board_item, target)
#define REASON(target)      VIA(struct board_reason, reason, target)
#define DRIFT(target)       AT(struct board_drift, target)
#define LIST(target)        LIST_AT(struct board_card, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "environment",        "ENVIRONMENT", FIELD_TEXT,   ENVIRONMENT(name) },
	{ "status",             "STATUS",      FIELD_TEXT,   ENVIRONMENT(status), .word = environment_status_name },
	{ "release",            "RELEASE",     FIELD_TEXT,   ENVIRONMENT(release), .empty = NULL_IF_NONE },
	{ "set",                "SET",         FIELD_DIGEST, ENVIRONMENT(set), .empty = NULL_IF_NONE },
	{ "candidate",          NULL,          FIELD_TEXT,   ENVIRONMENT(candidate), .empty = NULL_IF_NONE },
	{ "entered_at",         "SINCE",       FIELD_TIME,   ENVIRONMENT(entered_at) },
	{ "hosts",              "HOSTS",       FIELD_NUMBER, ROW(drift.hosts.count) },
	{ "drifted",            "DRIFTED",     FIELD_NUMBER, ROW(drift.contradicted) },
	{ "pending",            "PENDING",     FIELD_NUMBER, ITEM(pending), .empty = NULL_IF_NONE },
	{ "pending_security",   "SECURITY",    FIELD_NUMBER, ITEM(pending_security), .empty = NULL_IF_NONE },
	{ "oldest_pending_at",  "OLDEST",      FIELD_TIME,   ITEM(oldest_at) },
	{ "gate",               "GATE",        FIELD_TEXT,   ITEM(gate), .empty = NULL_IF_NONE },
	{ "rehearsal",          "REHEARSAL",   FIELD_TEXT,   ITEM(rehearsal), .empty = NULL_IF_NONE },
	{ "rehearsed_at",       "REHEARSED",   FIELD_TIME,   ITEM(rehearsed_at) },
	{ "scanned_at",         NULL,          FIELD_TIME,   ROW(scanned_at) },
	{ "unfinished_rollout", NULL,          FIELD_NUMBER, ROW(unfinished_rollout), .empty = NULL_IF_EMPTY },
	{ "held_at",            NULL,          FIELD_TIME,   ENVIRONMENT(held_at) },
	{ "held_by",            NULL,          FIELD_TEXT,   ITEM(held_by), .empty = NULL_IF_NONE },
	{ "held_reason",        NULL,          FIELD_TEXT,   ITEM(held_reason), .empty = NULL_IF_NONE },
	{ "rehearsal_id",       NULL,          FIELD_NUMBER, ITEM(rehearsal_id), .empty = NULL_IF_EMPTY },
	{ "rehearsal_packages", NULL,          FIELD_NUMBER, ITEM(rehearsal_packages), .empty = NULL_IF_NONE },
	{ "rehearsal_clone",    NULL,          FIELD_TEXT,   ITEM(rehearsal_clone), .empty = NULL_IF_EMPTY },
	{ "rehearsal_reason",   NULL,          FIELD_TEXT,   ITEM(rehearsal_reason), .empty = NULL_IF_EMPTY },
};

static const struct field reason_fields[] = {
	{ "environment", NULL, FIELD_TEXT, AT(struct board_reason, environment) },
	{ "kind",        NULL, FIELD_TEXT, REASON(kind), .word = gate_reason_kind_name },
	{ "text",        NULL, FIELD_TEXT, REASON(text) },
	{ "remedy",      NULL, FIELD_TEXT, REASON(remedy) },
};
static const struct view reason_view = VIEW_OF(struct board_reason, reason_fields);

static const struct field drift_fields[] = {
	{ "host", NULL, FIELD_TEXT, DRIFT(host) },
	{ "text", NULL, FIELD_TEXT, DRIFT(text) },
};
static const struct view drift_view = VIEW_OF(struct board_drift, drift_fields);

const struct view board_item_view = VIEW_OF(struct board_item, item_fields);

static const struct field card_fields[] = {
	{ "environments",    NULL, FIELD_LIST, LIST(environments), .view = &board_item_view },
	{ "gate_reasons",    NULL, FIELD_LIST, LIST(reasons), .view = &reason_view },
	{ "drift",           NULL, FIELD_LIST, LIST(drift), .view = &drift_view },
	{ "owed",            NULL, FIELD_LIST, LIST(debts), .view = &debt_row_view },
	{ "pending_unknown", NULL, FIELD_TEXT, VIA(struct board_card, board, pending_unknown), .empty = NULL_IF_EMPTY },
};
/* clang-format on */

const struct view board_card_view = VIEW_OF(struct board_card, card_fields);

static void fill_rehearsal(struct board_item *item, const struct rehearsed_answer *a)
{
	item->rehearsal = rehearsed_name(a->answer);
	if (!a->id)
		return;
	item->rehearsed_at = a->at;
	item->rehearsal_id = a->id;
	item->rehearsal_packages = a->packages;
	item->rehearsal_clone = a->clone;
	item->rehearsal_reason = a->reason;
}

static struct board_item describe_environment(const struct board_row *row)
{
	bool is_held = row->drift.row.held_at;

	struct board_item item = {
		.row = row,
		.pending = row->is_pending_known ? (int64_t)row->pending : NOTHING,
		.pending_security =
			row->is_pending_known ? (int64_t)row->pending_security : NOTHING,
		.oldest_at = row->is_pending_known ? row->oldest_at : 0,
		.gate = row->has_gate ? gate_verdict_name(row->gate.verdict) : NULL,
		.held_by = is_held ? row->drift.row.held_by : NULL,
		.held_reason = is_held ? row->drift.row.held_reason : NULL,
		.rehearsal_packages = NOTHING,
	};
	if (row->is_rehearsed)
		fill_rehearsal(&item, &row->rehearsal);
	return item;
}

static void add_reasons(struct board_card *c, const struct board_row *row)
{
	for (size_t i = 0; i < row->gate.count; i++)
		view_rows_take(&c->reasons, &reason_view,
			&(struct board_reason){ row->environment->name, &row->gate.reasons[i] });
}

static void add_drift(struct board_card *c, const struct drift *t)
{
	for (size_t i = 0; i < t->hosts.count; i++) {
		if (*t->of[i].contradiction)
			view_rows_take(&c->drift, &drift_view,
				&(struct board_drift){
					t->hosts.items[i].name, t->of[i].contradiction });
	}
}

struct board_card board_card_of(const struct board *b, const struct debt_rows *debts)
{
	struct board_card c = { .board = b, .debts = *debts };

	for (size_t i = 0; i < b->count; i++) {
		const struct board_item item = describe_environment(&b->rows[i]);

		view_rows_take(&c.environments, &board_item_view, &item);
		add_reasons(&c, &b->rows[i]);
		add_drift(&c, &b->rows[i].drift);
	}
	return c;
}

void board_card_done(struct board_card *c)
{
	view_row_done(&board_card_view, c);
}
