/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/owed.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "gate/board.h"
#include "model/config.h"
#include "present/debt.h"
#include "store/debt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "status", "STATUS", COLUMN_TEXT },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "set", "SET", COLUMN_DIGEST },
	{ "candidate", NULL, COLUMN_TEXT },
	{ "entered_at", "SINCE", COLUMN_TIME },
	{ "hosts", "HOSTS", COLUMN_NUMBER },
	{ "drifted", "DRIFTED", COLUMN_NUMBER },
	{ "pending", "PENDING", COLUMN_NUMBER },
	{ "pending_security", "SECURITY", COLUMN_NUMBER },
	{ "oldest_pending_at", "OLDEST", COLUMN_TIME },
	{ "gate", "GATE", COLUMN_TEXT },
	{ "rehearsal", "REHEARSAL", COLUMN_TEXT },
	{ "rehearsed_at", "REHEARSED", COLUMN_TIME },
	{ "scanned_at", NULL, COLUMN_TIME },
	{ "unfinished_rollout", NULL, COLUMN_NUMBER },
	{ "held_at", NULL, COLUMN_TIME },
	{ "held_by", NULL, COLUMN_TEXT },
	{ "held_reason", NULL, COLUMN_TEXT },
	{ "rehearsal_id", NULL, COLUMN_NUMBER },
	{ "rehearsal_packages", NULL, COLUMN_NUMBER },
	{ "rehearsal_clone", NULL, COLUMN_TEXT },
	{ "rehearsal_reason", NULL, COLUMN_TEXT },
	{ 0 },
};

static void add_rehearsal(struct table *t, const struct rehearsed_answer *a)
{
	table_text(t, "rehearsal", rehearsed_name(a->answer));
	if (!a->id)
		return;
	table_number(t, "rehearsed_at", a->at);
	table_number(t, "rehearsal_id", a->id);
	table_number(t, "rehearsal_packages", a->packages);
	table_text(t, "rehearsal_clone", *a->clone ? a->clone : NULL);
	table_text(t, "rehearsal_reason", *a->reason ? a->reason : NULL);
}

static void add_row(struct table *t, const struct board_row *row)
{
	const struct environment_row *e = &row->truth.row;

	table_row(t);
	table_text(t, "environment", e->name);
	table_text(t, "status", environment_status_name(e->status));
	table_text(t, "release", e->release);
	table_text(t, "set", e->set);
	table_text(t, "candidate", e->candidate);
	table_number(t, "entered_at", e->entered_at);
	table_number(t, "hosts", (int64_t)row->truth.hosts.count);
	table_number(t, "drifted", (int64_t)row->truth.contradicted);
	if (row->is_pending_known) {
		table_number(t, "pending", (int64_t)row->pending);
		table_number(t, "pending_security", (int64_t)row->pending_security);
		table_number(t, "oldest_pending_at", row->oldest_at);
	}
	if (row->has_gate)
		table_text(t, "gate", gate_verdict_name(row->gate.verdict));
	table_number(t, "scanned_at", row->scanned_at);
	if (row->unfinished_rollout)
		table_number(t, "unfinished_rollout", row->unfinished_rollout);
	if (e->held_at) {
		table_number(t, "held_at", e->held_at);
		table_text(t, "held_by", e->held_by);
		table_text(t, "held_reason", e->held_reason);
	}
	if (row->is_rehearsed)
		add_rehearsal(t, &row->rehearsal);
}

/* Would today's patches break what runs now? */
static void print_rehearsal(const char *environment, const struct rehearsed_answer *a)
{
	char age[CLOCK_TEXT_SIZE];

	if (!a->id) {
		printf("\n%s: never rehearsed\n", environment);
		return;
	}
	printf("\n%s: rehearsal-%" PRId64 " %s %s ago", environment, a->id,
		a->answer == REHEARSED_NOTHING   ? "found nothing pending"
		: a->answer == REHEARSED_RUNNING ? "began"
		: a->answer == REHEARSED_UNKNOWN ? "ended without an answer"
						 : rehearsed_name(a->answer),
		clock_format_age(clock_now() - a->at, age));
	if (a->packages)
		printf("; %" PRId64 " packages", a->packages);
	if (a->answer == REHEARSED_FAILED && *a->reason)
		printf("; %s", a->reason);
	if (*a->clone)
		printf("; %s%s", a->clone, a->is_waiting ? " waits for approval" : "");
	putchar('\n');
}

/* Hosts that nobody ever read are told of in one line: of a fleet that is new, that is all of them. */
static void print_drift(const char *name, const struct truth *t)
{
	const char *first = NULL;
	size_t unread = 0;

	for (size_t i = 0; i < t->hosts.count; i++) {
		const struct seen_host *host = &t->hosts.items[i];

		if (!host->state && !host->error) {
			first = unread++ ? first : host->name;
		} else if (*t->of[i].contradiction) {
			printf("\n%s differs: %s\n", name, t->of[i].contradiction);
		}
	}
	if (unread)
		printf("\n%s: %zu of %zu hosts %s never scanned, first %s; 'patchline scan %s' reads "
		       "them\n",
			name, unread, t->hosts.count, unread == 1 ? "was" : "were", first, name);
}

/* Everything that keeps somebody from going on, and what to do about it. */
static void print_notes(const struct board *b)
{
	if (*b->pending_unknown)
		printf("\nPending patches are not known: %s\n", b->pending_unknown);
	for (size_t i = 0; i < b->count; i++) {
		const struct board_row *row = &b->rows[i];
		const char *name = row->environment->name;

		if (row->is_rehearsed)
			print_rehearsal(name, &row->rehearsal);
		if (row->truth.row.held_at)
			printf("\n%s is held by %s: %s; 'patchline lift %s --reason TEXT' lifts "
			       "that\n",
				name, row->truth.row.held_by, row->truth.row.held_reason, name);
		if (row->unfinished_rollout)
			printf("\n%s: rollout-%" PRId64
			       " is not finished; promote again continues it\n",
				name, row->unfinished_rollout);
		print_drift(name, &row->truth);
		for (size_t k = 0; k < row->gate.count; k++)
			printf("\n%s, gate to the next: %s; %s\n", name, row->gate.reasons[k].text,
				row->gate.reasons[k].remedy);
	}
}

static struct jvalue *board_json(
	const struct board *b, const struct table *t, const struct debt_rows *owed)
{
	struct jvalue *told = jvalue_object(), *reasons = jvalue_array(), *drift = jvalue_array();

	for (size_t i = 0; i < b->count; i++) {
		const struct board_row *row = &b->rows[i];

		for (size_t k = 0; k < row->gate.count; k++) {
			struct jvalue *one = jvalue_object();

			jvalue_set_string(one, "environment", row->environment->name);
			jvalue_set_string(
				one, "kind", gate_reason_kind_name(row->gate.reasons[k].kind));
			jvalue_set_string(one, "text", row->gate.reasons[k].text);
			jvalue_set_string(one, "remedy", row->gate.reasons[k].remedy);
			jvalue_add(reasons, one);
		}
		for (size_t k = 0; k < row->truth.hosts.count; k++) {
			if (!*row->truth.of[k].contradiction)
				continue;

			struct jvalue *one = jvalue_object();

			jvalue_set_string(one, "host", row->truth.hosts.items[k].name);
			jvalue_set_string(one, "text", row->truth.of[k].contradiction);
			jvalue_add(drift, one);
		}
	}
	jvalue_set(told, "environments", table_json(t));
	jvalue_set(told, "gate_reasons", reasons);
	jvalue_set(told, "drift", drift);
	jvalue_set(told, "owed", view_json(&debt_row_view, owed->items, owed->count));
	jvalue_set_string(told, "pending_unknown", *b->pending_unknown ? b->pending_unknown : NULL);
	return told;
}

int cmd_status(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(board_done) struct board b = { 0 };
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		board_make(config, store, &b, err) < 0 || store_debts(store, NULL, &debts, err) < 0)
		return -1;

	for (size_t i = 0; i < b.count; i++)
		add_row(t, &b.rows[i]);
	if (wants_json(inv)) {
		output_json(board_json(&b, t, &debts));
		return 0;
	}
	output_table(inv, t, NULL);
	owed_print(&debts);
	print_notes(&b);
	return 0;
}
