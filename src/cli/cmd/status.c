/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/report/owed.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "present/board.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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
static void print_drift(const char *name, const struct drift *t)
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

static int print_unfinished(struct invocation *inv, const struct board_row *row, struct error *err)
{
	const char *name = row->environment->name;
	CLEANUP(free) char *way_on = NULL;

	if (find_way_on(inv, name, &way_on, err) < 0)
		return -1;
	printf("\n%s: rollout-%" PRId64 " is not finished; %s\n", name, row->unfinished_rollout,
		way_on);
	return 0;
}

/* Everything that keeps somebody from going on, and what to do about it. */
static int print_notes(struct invocation *inv, const struct board *b, struct error *err)
{
	if (*b->pending_unknown)
		printf("\nPending patches are not known: %s\n", b->pending_unknown);
	for (size_t i = 0; i < b->count; i++) {
		const struct board_row *row = &b->rows[i];
		const char *name = row->environment->name;

		if (row->is_rehearsed)
			print_rehearsal(name, &row->rehearsal);
		if (row->drift.row.held_at)
			printf("\n%s is held by %s: %s; 'patchline lift %s --reason TEXT' lifts "
			       "that\n",
				name, row->drift.row.held_by, row->drift.row.held_reason, name);
		if (row->unfinished_rollout && print_unfinished(inv, row, err) < 0)
			return -1;
		print_drift(name, &row->drift);
		for (size_t k = 0; k < row->gate.count; k++)
			printf("\n%s, gate to the next: %s; %s\n", name, row->gate.reasons[k].text,
				row->gate.reasons[k].remedy);
	}
	return 0;
}

int cmd_status(struct invocation *inv, struct error *err)
{
	CLEANUP(board_card_done) struct board_card card = { 0 };
	CLEANUP(board_done) struct board b = { 0 };
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		board_make(config, store, &b, err) < 0 || store_debts(store, NULL, &debts, err) < 0)
		return -1;
	card = board_card_of(&b, &debts);
	if (wants_json(inv)) {
		output_row(inv, &board_card_view, &card);
		return 0;
	}
	output_rows(inv, &board_item_view, card.environments.items, card.environments.count, NULL);
	if (wants_csv(inv))
		return 0;
	return owed_print(inv, &debts, err) < 0 ? -1 : print_notes(inv, &b, err);
}
