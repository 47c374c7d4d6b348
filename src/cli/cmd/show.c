/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/candidate.h"
#include "present/clone_card.h"
#include "present/configuration.h"
#include "present/environment.h"
#include "present/host_card.h"
#include "present/rehearsal.h"
#include "present/rollout.h"
#include "present/set.h"
#include "present/source.h"
#include "store/configuration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGURATION "config-"

/* ---- one function a kind ---- */

static int show_candidate(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(candidate_card_done) struct candidate_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		candidate_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &candidate_card_view, &card);
	return 0;
}

static int show_clone(struct invocation *inv, const char *name, struct error *err)
{
	CLEANUP(clone_card_done) struct clone_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		clone_card_read(c, store, name, &card, err) < 0)
		return -1;
	output_row(inv, &clone_card_view, &card);
	return 0;
}

/* For people the text alone: it is a configuration file again. */
static int show_configuration(struct invocation *inv, const char *prefix, struct error *err)
{
	CLEANUP(configuration_row_done) struct configuration_row row = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_configuration_find(store, prefix, &row, err) < 0)
		return -1;
	if (wants_json(inv))
		output_row(inv, &configuration_row_view, &row);
	else
		fputs(row.content, stdout);
	return 0;
}

static int show_environment(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(environment_card_done) struct environment_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (is_clone_name(id))
		return show_clone(inv, id, err);
	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		environment_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &environment_card_view, &card);
	return 0;
}

static int show_host(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(host_card_done) struct host_card card = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 || host_card_read(store, id, &card, err) < 0)
		return -1;
	output_row(inv, &host_card_view, &card);
	return 0;
}

static int show_rehearsal(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(rehearsal_card_done) struct rehearsal_card card = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		rehearsal_card_read(store, rehearsal_number(id), &card, err) < 0)
		return -1;
	output_row(inv, &rehearsal_card_view, &card);
	return 0;
}

static int show_rollout(struct invocation *inv, const char *id, struct error *err)
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

static int show_rollout_log(
	struct invocation *inv, const char *id, const char *host, struct error *err)
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

static int show_set(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(set_card_done) struct set_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		set_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &set_card_view, &card);
	return 0;
}

static int show_source(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(source_card_done) struct source_card card = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		source_card_read(c, store, id, &card, err) < 0)
		return -1;
	output_row(inv, &source_card_view, &card);
	return 0;
}

/* ---- all of them ---- */

static int (*const shows[SUBJECT_COUNT])(struct invocation *, const char *, struct error *) = {
	[SUBJECT_SOURCE] = show_source,
	[SUBJECT_HOST] = show_host,
	[SUBJECT_SET] = show_set,
	[SUBJECT_CANDIDATE] = show_candidate,
	[SUBJECT_ENVIRONMENT] = show_environment,
	[SUBJECT_ROLLOUT] = show_rollout,
	[SUBJECT_REHEARSAL] = show_rehearsal,
};

int cmd_show(struct invocation *inv, struct error *err)
{
	CLEANUP(lookup_done) struct lookup found = { 0 };
	const char *log_of = option_value(inv, "log");

	if (str_starts(arg_at(inv, 0), CONFIGURATION))
		return show_configuration(inv, arg_at(inv, 0) + strlen(CONFIGURATION), err);
	if (lookup_name(inv, arg_at(inv, 0), &found, err) < 0)
		return -1;
	if (!log_of)
		return shows[found.subject](inv, found.id, err);
	if (found.subject != SUBJECT_ROLLOUT)
		return error_set(err, ERR_USAGE,
			"only rollouts have logs: patchline show rollout-N --log %.60s", log_of);
	return show_rollout_log(inv, found.id, log_of, err);
}
