/* SPDX-License-Identifier: Apache-2.0 */
#include "present/rollout.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/output.h"

#include <stdio.h>
#include <stdlib.h>

int show_rollout(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(rollout_card_done) struct rollout_card card = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		rollout_card_read(store, rollout_number(id), &card, err) < 0)
		return -1;
	output_row(inv, &rollout_card_view, &card);
	return 0;
}

static void print_log(const struct step_row *row)
{
	char started[CLOCK_TEXT_SIZE];

	printf("== %s, attempt %lld, %s: %s%s%s\n", step_name(row->step), (long long)row->attempt,
		clock_format(row->started_at, started), step_state_name(row->state),
		row->error ? ": " : "", row->error ? row->error : "");
	fputs(row->log, stdout);
	if (*row->log && !str_ends(row->log, "\n"))
		putchar('\n');
}

static void print_logs(const struct invocation *inv, const struct step_rows *steps)
{
	CLEANUP(free) struct step_item *items = mem_new(steps->count, sizeof *items);

	for (size_t i = 0; i < steps->count; i++) {
		items[i] = (struct step_item){ &steps->items[i], steps->items[i].log };
		if (!wants_json(inv))
			print_log(&steps->items[i]);
	}
	if (wants_json(inv))
		output_json(view_json(&step_item_view, items, steps->count));
}

int show_rollout_log(struct invocation *inv, const char *id, const char *host, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(step_rows_done) struct step_rows steps = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_rollout_find(store, rollout_number(id), &row, err) < 0 ||
		store_steps(store, row.id, host, &steps, err) < 0)
		return -1;
	if (!steps.count)
		return error_set(err, ERR_NOT_FOUND,
			"%s has no step on '%.60s'; 'patchline show %s' lists its hosts", id, host,
			id);
	print_logs(inv, &steps);
	return 0;
}
