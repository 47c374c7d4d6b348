/* SPDX-License-Identifier: Apache-2.0 */
#include "present/clone.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/ask/clone_choice.h"
#include "cli/commands.h"
#include "cli/report/cloning_watch.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "present/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

/* ---- clone ENV ---- */

static int read_expiry(const struct invocation *inv, int64_t *seconds, struct error *err)
{
	const char *text = option_value(inv, "expires");

	if (text && clock_parse_duration(text, seconds, err) < 0)
		return error_wrap(err, "--expires");
	return 0;
}

/* row: NULL after a dry run. */
static int print_clone_json(const struct invocation *inv, const struct cloning *k,
	const struct clone_row *row, const struct coverage *coverage, struct error *err)
{
	CLEANUP(taken_done) struct taken taken = { 0 };

	if (row && taken_read(row->taken, &taken, err) < 0)
		return -1;
	if (!taken.json)
		taken.json = jvalue_object();
	output_row(inv, &clone_answer_view,
		&(struct clone_answer){ k->environment->name, row, taken.json, *coverage });
	return 0;
}

static int print_end(const struct clone_row *row, struct error *err)
{
	CLEANUP(taken_done) struct taken taken = { 0 };
	char left[CLOCK_TEXT_SIZE];
	int64_t paused = 0;

	if (taken_read(row->taken, &taken, err) < 0)
		return -1;
	for (size_t i = 0; i < taken.count; i++)
		paused = taken.hosts[i].paused_ms > paused ? taken.hosts[i].paused_ms : paused;
	printf("%s is %s: %zu host%s, copied within %lld ms; the originals stood still for %lld ms at most.\n"
	       "It goes with 'patchline clone remove %s', and is listed as expired in %s.\n",
		row->name, clone_state_name(row->state), taken.count, taken.count == 1 ? "" : "s",
		(long long)(taken.ended_at_ms - taken.started_at_ms), (long long)paused, row->name,
		clock_format_age(row->expires_at - clock_now(), left));
	return 0;
}

static int preview_clone(struct invocation *inv, const struct cloning *k,
	const struct cloning_watch_state *watch, struct error *err)
{
	if (cloning_preview(k, err) < 0)
		return -1;
	if (wants_json(inv))
		return print_clone_json(inv, k, NULL, cloning_watch_coverage(watch), err);
	output_table(&coverage_area_view, cloning_watch_coverage(watch)->areas,
		cloning_watch_coverage(watch)->count, "The provider tells of no area");
	puts("\nDry run: nothing was copied.");
	return 0;
}

int cmd_clone(struct invocation *inv, struct error *err)
{
	CLEANUP(free) char *what = mem_printf("clone %s", arg_at(inv, 0));
	CLEANUP(cloning_watch_free) struct cloning_watch_state *watch = cloning_watch_new(what);
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct cloning k = { .actor = actor(inv), .watch = cloning_watch_callbacks(watch) };

	if (read_expiry(inv, &k.expires, err) < 0 || need_config(inv, &k.config, err) < 0 ||
		need_store(inv, &k.store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), &k.environment, err) < 0)
		return -1;
	if (is_dry_run(inv))
		return preview_clone(inv, &k, watch, err);
	if (cloning_run(&k, &row, err) < 0)
		return -1;
	if (wants_json(inv))
		return print_clone_json(inv, &k, &row, cloning_watch_coverage(watch), err);
	return print_end(&row, err);
}

/* ---- clone stop, clone start ---- */

static int change_power(struct invocation *inv,
	int (*change)(const struct cloning *cloning, int64_t number, struct error *err),
	const char *verb, struct error *err)
{
	CLEANUP(free) char *what = mem_printf("%s %s", verb, arg_at(inv, 0));
	CLEANUP(cloning_watch_free) struct cloning_watch_state *watch = cloning_watch_new(what);
	CLEANUP(clone_choice_done) struct clone_choice choice = { 0 };
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	if (need_clone(inv, arg_at(inv, 0), &choice, err) < 0)
		return -1;
	choice.cloning.watch = cloning_watch_callbacks(watch);
	if (change(&choice.cloning, choice.row.number, err) < 0 ||
		store_clone_find(choice.cloning.store, choice.row.name, &row, err) < 0)
		return -1;
	if (wants_json(inv)) {
		output_row(inv, &power_answer_view, &(struct power_answer){ row.name, row.state });
	} else {
		printf("%s is %s.\n", row.name, clone_state_name(row.state));
	}
	return 0;
}

int cmd_clone_stop(struct invocation *inv, struct error *err)
{
	return change_power(inv, cloning_stop, "stop", err);
}

int cmd_clone_start(struct invocation *inv, struct error *err)
{
	return change_power(inv, cloning_start, "start", err);
}

/* ---- clone remove ---- */

/* What is to be removed, and how it went. */
struct removal {
	struct invocation *inv;
	const struct config *config;
	struct store *store;
	char **names; /* of clones; owned */
	size_t count, capacity;
	struct orphans orphans;   /* with --orphaned */
	struct view_rows removed; /* of struct removed_item */
	size_t failed;
};

static void removal_done(struct removal *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->names[i]);
	free(r->names);
	orphans_done(&r->orphans);
	view_rows_done(&r->removed);
}
CLEANUP_DONE(struct removal, removal_done)

static void add_clone_name(struct removal *r, const char *name)
{
	r->names = mem_room(r->names, r->count, &r->capacity, sizeof *r->names);
	r->names[r->count++] = mem_strdup(name);
}

static int choose_expired(struct removal *r, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };

	if (store_clones(r->store, NULL, false, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (clone_is_expired(&rows.items[i]))
			add_clone_name(r, rows.items[i].name);
	}
	return 0;
}

/* Who made it, as --made-by says; without that: nobody else. */
static bool is_wanted_orphan(const struct removal *r, const struct orphan *o)
{
	const char *maker = option_value(r->inv, "made-by");

	return !o->is_known && str_equal(o->maker, maker ? maker : "");
}

static int choose_orphaned(struct removal *r, struct error *err)
{
	if (clone_orphans(r->config, r->store, &r->orphans, err) < 0)
		return -1;
	if (option_value(r->inv, "made-by"))
		return 0;
	for (size_t i = 0; i < r->orphans.count; i++) {
		if (r->orphans.items[i].is_known)
			add_clone_name(r, r->orphans.items[i].clone);
	}
	return 0;
}

static int choose_clones(struct removal *r, struct error *err)
{
	bool is_expired = option_is_set(r->inv, "expired");
	bool is_orphaned = option_is_set(r->inv, "orphaned");

	if ((arg_at(r->inv, 0) != NULL) + is_expired + is_orphaned != 1)
		return error_set(err, ERR_USAGE,
			"say which: the names of clones, or --expired, or --orphaned");
	if (option_value(r->inv, "made-by") && !is_orphaned)
		return error_set(err, ERR_USAGE, "--made-by goes with --orphaned");
	for (size_t i = 0; arg_at(r->inv, i); i++) {
		CLEANUP(clone_choice_done) struct clone_choice choice = { 0 };

		if (need_clone(r->inv, arg_at(r->inv, i), &choice, err) < 0)
			return -1;
		add_clone_name(r, arg_at(r->inv, i));
	}
	if (is_expired && choose_expired(r, err) < 0)
		return -1;
	return is_orphaned ? choose_orphaned(r, err) : 0;
}

/* Ask on the terminal; with --yes it is answered. Anything but a yes is ERR_REFUSED. */
static NODISCARD int confirm(const struct invocation *inv, const char *question, struct error *err)
{
	char answer[16] = "";

	if (option_is_set(inv, "yes"))
		return 0;
	if (!isatty(STDIN_FILENO))
		return error_set(
			err, ERR_USAGE, "nobody is there to be asked: --yes says that it is meant");
	fprintf(stderr, "%s? [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) &&
		(strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0))
		return 0;
	return error_set(err, ERR_REFUSED, "nothing was done");
}

static int ask_removal(const struct removal *r, struct error *err)
{
	CLEANUP(str_done) struct str question = { 0 };
	const char *between = "";

	str_add(&question, "Remove ");
	for (size_t i = 0; i < r->count; i++, between = ", ")
		str_addf(&question, "%s%s", between, r->names[i]);
	for (size_t i = 0; i < r->orphans.count; i++) {
		const struct orphan *o = &r->orphans.items[i];

		if (!is_wanted_orphan(r, o))
			continue;
		str_addf(&question, "%s%s of %s, which nothing here tells of", between, o->name,
			o->provider);
		between = ", ";
	}
	return *between ? confirm(r->inv, str_text(&question), err) : 0;
}

static void add_outcome(struct removal *r, const char *name, const char *provider, int result,
	const struct error *cause)
{
	const struct removed_item item = { name, provider, result < 0 ? cause->text : NULL,
		result == 0 };

	view_rows_copy(&r->removed, &removed_item_view, &item);
	r->failed += result < 0;
}

/* What would be removed. */
static void add_chosen(struct removal *r)
{
	for (size_t i = 0; i < r->count; i++)
		view_rows_copy(&r->removed, &removed_item_view,
			&(struct removed_item){ .clone = r->names[i] });
	for (size_t i = 0; i < r->orphans.count; i++) {
		const struct orphan *o = &r->orphans.items[i];

		if (is_wanted_orphan(r, o))
			view_rows_copy(&r->removed, &removed_item_view,
				&(struct removed_item){
					.clone = o->name, .provider = o->provider });
	}
}

static void remove_all(struct removal *r, struct cloning_watch_state *watch)
{
	struct cloning_watch calls = cloning_watch_callbacks(watch);
	struct provider_watch provider = { calls.clone.on_progress, calls.clone.context };

	for (size_t i = 0; i < r->count; i++) {
		CLEANUP(clone_choice_done) struct clone_choice choice = { 0 };
		struct error cause = { 0 };
		int result = need_clone(r->inv, r->names[i], &choice, &cause);

		if (result == 0) {
			choice.cloning.watch = calls;
			result = cloning_remove(&choice.cloning, choice.row.number, &cause);
		}
		add_outcome(r, r->names[i], choice.row.provider, result, &cause);
	}
	for (size_t i = 0; i < r->orphans.count; i++) {
		const struct orphan *o = &r->orphans.items[i];
		struct error cause = { 0 };

		if (is_wanted_orphan(r, o))
			add_outcome(r, o->name, o->provider,
				clone_remove_unknown(r->config, o, &provider, &cause), &cause);
	}
}

int cmd_clone_remove(struct invocation *inv, struct error *err)
{
	CLEANUP(removal_done)
	struct removal r = { .inv = inv };

	if (need_config(inv, &r.config, err) < 0 || need_store(inv, &r.store, err) < 0 ||
		choose_clones(&r, err) < 0)
		return -1;
	for (size_t i = 0; i < r.orphans.unasked_count; i++)
		fprintf(stderr, "patchline: not asked: %s\n", r.orphans.unasked[i]);
	if (!is_dry_run(inv)) {
		CLEANUP(cloning_watch_free)
		struct cloning_watch_state *watch = cloning_watch_new("clone remove");

		if (ask_removal(&r, err) < 0)
			return -1;
		remove_all(&r, watch);
	}
	if (is_dry_run(inv))
		add_chosen(&r);
	output_rows(inv, &removed_item_view, r.removed.items, r.removed.count,
		"There is nothing to remove");
	if (r.failed)
		return error_set(err, ERR_SYSTEM,
			"%zu could not be removed; the same again tries once more", r.failed);
	return 0;
}
