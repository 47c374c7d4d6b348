/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rollout.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "rollout/way.h"
#include "store/step.h"

#include <stdio.h>
#include <string.h>

static const struct column host_columns[] = {
	{ "wave", "WAVE", COLUMN_NUMBER },
	{ "group", "GROUP", COLUMN_TEXT },
	{ "host", "HOST", COLUMN_TEXT },
	{ "verdict", "VERDICT", COLUMN_TEXT },
	{ "failure", NULL, COLUMN_TEXT },
	{ "packages", "PACKAGES", COLUMN_NUMBER },
	{ "steps", "STEPS", COLUMN_TEXT },
	{ "started_at", NULL, COLUMN_TIME },
	{ "ended_at", NULL, COLUMN_TIME },
	{ "duration_seconds", "TOOK", COLUMN_DURATION },
	{ "state_before", NULL, COLUMN_DIGEST },
	{ "state_after", NULL, COLUMN_DIGEST },
	{ "way_back", "WAY BACK", COLUMN_TEXT },
	{ "way_back_kind", NULL, COLUMN_TEXT },
	{ "way_back_set", NULL, COLUMN_DIGEST },
	{ "reason", "REASON", COLUMN_PROSE },
	{ "said", "LAST LINE", COLUMN_PROSE },
	{ 0 },
};

static const struct column step_columns[] = {
	{ "host", NULL, COLUMN_TEXT },
	{ "attempt", NULL, COLUMN_NUMBER },
	{ "step", NULL, COLUMN_TEXT },
	{ "state", NULL, COLUMN_TEXT },
	{ "started_at", NULL, COLUMN_TIME },
	{ "ended_at", NULL, COLUMN_TIME },
	{ "deadline_at", NULL, COLUMN_TIME },
	{ "error_kind", NULL, COLUMN_TEXT },
	{ "error", NULL, COLUMN_TEXT },
	{ "log", NULL, COLUMN_TEXT },
	{ 0 },
};

static void add_step(struct table *t, const struct step_row *row, bool has_log)
{
	table_row(t);
	table_text(t, "host", row->host);
	table_number(t, "attempt", row->attempt);
	table_text(t, "step", step_name(row->step));
	table_text(t, "state", step_state_name(row->state));
	table_number(t, "started_at", row->started_at);
	table_number(t, "ended_at", row->ended_at);
	table_number(t, "deadline_at", row->deadline_at);
	table_text(t, "error_kind", row->error_kind);
	table_text(t, "error", row->error);
	table_text(t, "log", has_log ? row->log : NULL);
}

static void add_step_words(struct str *words, const struct step_row *row)
{
	static const char *const ends[] = {
		[STEP_STATE_STARTED] = "...",
		[STEP_STATE_DONE] = "",
		[STEP_STATE_REFUSED] = "! (refused)",
		[STEP_STATE_FAILED] = "!",
		[STEP_STATE_AT_WORK] = "... (may be at work)",
		[STEP_STATE_LOST] = "! (lost)",
	};
	int64_t now = clock_now(), until = row->ended_at ? row->ended_at : now;
	char took[CLOCK_TEXT_SIZE], left[CLOCK_TEXT_SIZE];

	str_addf(words, "%s%s %s%s", words->size ? ", " : "", step_name(row->step),
		clock_format_age(until - row->started_at, took), ends[row->state]);
	if (row->state == STEP_STATE_STARTED)
		str_addf(words, " (%s left)", clock_format_age(row->deadline_at - now, left));
}

/* "stage 1s, apply 31s!", or "stage 1s, apply 31s... (29m left)": the last attempt; '!' where one did not end well. */
static char *steps_words(const struct step_rows *steps)
{
	CLEANUP(str_done) struct str words = { 0 };

	for (size_t i = 0; i < steps->count; i++) {
		if (steps->items[i].attempt == steps->items[steps->count - 1].attempt)
			add_step_words(&words, &steps->items[i]);
	}
	return str_take(&words);
}

static size_t plan_size(const char *plan)
{
	CLEANUP(jvalue_free) struct jvalue *list = NULL;
	struct error ignored;

	return jvalue_parse(plan, strlen(plan), &list, &ignored) == 0 ? jvalue_count(list) : 0;
}

/* As it was written down before the host was changed. */
static void tell_way(struct table *t, const char *text)
{
	CLEANUP(way_free) struct way *way = NULL;
	CLEANUP(free) char *words = NULL;
	struct error ignored;

	if (!*text || way_read(text, &way, &ignored) < 0)
		return;
	words = way_words(way);
	table_text(t, "way_back", words);
	table_text(t, "way_back_kind", way_kind_name(way->kind));
	if (*way->set)
		table_text(t, "way_back_set", way->set);
}

static void add_host(
	struct table *t, const struct rollout_host_row *row, const struct step_rows *steps)
{
	CLEANUP(free) char *words = steps_words(steps);

	table_row(t);
	table_number(t, "wave", row->wave);
	table_text(t, "group", row->group);
	table_text(t, "host", row->host);
	table_text(t, "verdict", host_verdict_name(row->verdict));
	if (row->failure != FAILURE_NONE)
		table_text(t, "failure", failure_name(row->failure));
	table_number(t, "packages", (int64_t)plan_size(row->plan));
	table_text(t, "steps", words);
	table_number(t, "started_at", row->started_at);
	table_number(t, "ended_at", row->ended_at);
	if (row->started_at)
		table_number(t, "duration_seconds",
			(row->ended_at ? row->ended_at : clock_now()) - row->started_at);
	table_text(t, "state_before", row->state_before);
	table_text(t, "state_after", row->state_after);
	tell_way(t, row->way_back);
	table_text(t, "reason", row->reason);
	if (row->verdict == HOST_RUNNING)
		table_text(t, "said", row->said);
}

static int add_hosts(struct store *store, const struct rollout_host_rows *rows, struct table *hosts,
	struct table *steps, struct error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		CLEANUP(step_rows_done) struct step_rows of = { 0 };

		if (store_steps(store, rows->items[i].rollout, rows->items[i].host, &of, err) < 0)
			return -1;
		add_host(hosts, &rows->items[i], &of);
		for (size_t k = 0; k < of.count; k++)
			add_step(steps, &of.items[k], false);
	}
	return 0;
}

static void tell_rollout(struct card *card, const char *id, const struct rollout_row *row)
{
	int64_t until = row->ended_at ? row->ended_at : clock_now();

	card_text(card, "id", "rollout", id);
	card_text(card, "environment", "environment", row->environment);
	card_text(card, "candidate", "candidate", row->candidate);
	if (row->direction == DIRECTION_BACK) {
		CLEANUP(free) char *undoes = mem_printf("rollout-%lld", (long long)row->undoes);

		card_text(card, "direction", "direction", direction_name(row->direction));
		card_text(card, "undoes", "undoes", undoes);
	}
	card_text(card, "state", "state", rollout_state_name(row->state));
	card_text(card, "reason", "because", row->reason);
	card_time(card, "started_at", "started", row->started_at);
	card_time(card, "ended_at", NULL, row->ended_at);
	card_text(card, "started_by", "by", row->started_by);
	card_duration(card, "duration_seconds", "took", until - row->started_at);
}

int show_rollout(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };
	CLEANUP(table_free) struct table *hosts = table_new(host_columns);
	CLEANUP(table_free) struct table *steps = table_new(step_columns);
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_rollout_find(store, rollout_number(id), &row, err) < 0 ||
		store_rollout_hosts(store, row.id, &rows, err) < 0 ||
		add_hosts(store, &rows, hosts, steps, err) < 0)
		return -1;

	struct card *card = card_begin(inv, "rollout");

	tell_rollout(card, id, &row);
	card_table(card, "hosts", "HOSTS", STEAL(&hosts), "It has no hosts");
	card_table(card, "steps", NULL, STEAL(&steps), NULL);
	card_end(card);
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

int show_rollout_log(struct invocation *inv, const char *id, const char *host, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(step_rows_done) struct step_rows steps = { 0 };
	CLEANUP(table_free) struct table *t = table_new(step_columns);
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_rollout_find(store, rollout_number(id), &row, err) < 0 ||
		store_steps(store, row.id, host, &steps, err) < 0)
		return -1;
	if (!steps.count)
		return error_set(err, ERR_NOT_FOUND,
			"%s has no step on '%.60s'; 'patchline show %s' lists its hosts", id, host,
			id);
	for (size_t i = 0; i < steps.count; i++) {
		add_step(t, &steps.items[i], true);
		if (!wants_json(inv))
			print_log(&steps.items[i]);
	}
	if (wants_json(inv))
		output_json(table_json(t));
	return 0;
}
