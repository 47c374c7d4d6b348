/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/term/screen.h"
#include "cli/watch/following.h"
#include "cli/watch/live.h"
#include "store/rollout.h"

#define SEQ_MAX 1000000000

static int refuse_many(const struct rollout_rows *rows, struct error *err)
{
	CLEANUP(str_done) struct str running = { 0 };

	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].state == ROLLOUT_RUNNING)
			str_addf(&running, "%srollout-%lld in %s", running.size ? ", " : "",
				(long long)rows->items[i].id, rows->items[i].environment);
	}
	return error_set(err, ERR_USAGE, "several rollouts run: %s; name the one to watch",
		str_text(&running));
}

/* The one that runs, else the newest. */
static int find_newest_rollout(
	struct store *store, const char *environment, int64_t *id, struct error *err)
{
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 }, newest = { 0 };
	const struct rollout_row *running = NULL;

	if (store_rollouts_unfinished(store, environment, &rows, err) < 0 ||
		store_rollouts(store, environment, 1, &newest, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.items[i].state != ROLLOUT_RUNNING)
			continue;
		if (running)
			return refuse_many(&rows, err);
		running = &rows.items[i];
	}
	if (newest.count == 0)
		return error_set(err, ERR_NOT_FOUND,
			"no rollout has started yet%s%s: patchline promote CANDIDATE --to ENV",
			environment ? " in " : "", environment ? environment : "");
	*id = running ? running->id : newest.items[0].id;
	return 0;
}

/* What a name that is given stands for. */
static int find_named(struct invocation *inv, struct store *store, int64_t *id, struct error *err)
{
	CLEANUP(lookup_done) struct lookup found = { 0 };

	if (lookup_name(inv, arg_at(inv, 0), &found, err) < 0)
		return -1;
	if (found.subject == SUBJECT_ENVIRONMENT)
		return find_newest_rollout(store, found.id, id, err);
	if (found.subject != SUBJECT_ROLLOUT)
		return error_set(err, ERR_USAGE,
			"'%.60s' is a %s: want rollout-N, as 'patchline rollouts' lists them, or an "
			"environment",
			arg_at(inv, 0), subject_name(found.subject));
	*id = rollout_number(found.id);
	return 0;
}

static int read_since(const struct invocation *inv, int64_t *since, struct error *err)
{
	const char *text = option_value(inv, "since");
	unsigned number = 0;

	if (text && !str_number(text, SEQ_MAX, &number, NULL))
		return error_set(err, ERR_USAGE,
			"--since wants the number of an event, as \"seq\" tells it, not '%.40s'",
			text);
	*since = number;
	return 0;
}

static bool wants_view(const struct invocation *inv)
{
	return !wants_json(inv) && !option_is_set(inv, "since") &&
	       !option_is_set(inv, "no-follow") && screen_is_possible();
}

static int check_rollout_end(struct store *store, int64_t id, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(store, id, &row, err) < 0)
		return -1;
	if (row.state == ROLLOUT_DONE || row.state == ROLLOUT_RUNNING)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"rollout-%lld in '%s' is %s%s%s; 'patchline show rollout-%lld' has each host's words",
		(long long)id, row.environment, rollout_state_name(row.state),
		*row.reason ? ": " : "", row.reason, (long long)id);
}

static int show_view(struct invocation *inv, struct store *store, int64_t id, struct error *err)
{
	enum live_end end;

	if (live_watch(store, id, actor(inv), &end, err) < 0)
		return -1;
	return end == LIVE_LEFT ? 0 : check_rollout_end(store, id, err);
}

int cmd_watch(struct invocation *inv, struct error *err)
{
	struct following f = {
		.is_json = wants_json(inv),
		.is_short = option_is_set(inv, "no-follow"),
	};

	if (read_since(inv, &f.since, err) < 0 || need_store(inv, &f.store, err) < 0)
		return -1;
	if (arg_at(inv, 0) ? find_named(inv, f.store, &f.rollout, err) < 0
			   : find_newest_rollout(f.store, NULL, &f.rollout, err) < 0)
		return -1;
	if (wants_view(inv))
		return show_view(inv, f.store, f.rollout, err);
	if (follow_rollout(&f, err) < 0)
		return -1;
	return f.is_short ? 0 : check_rollout_end(f.store, f.rollout, err);
}
