/* SPDX-License-Identifier: Apache-2.0 */
#include "content/sync.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "content/fetch.h"
#include "model/config.h"
#include "pending/exposure.h"
#include "plan/indexes.h"
#include "present/source.h"
#include "present/sync.h"
#include "present/words.h"

#include <stdio.h>
#include <string.h>

/* What each source has told so far; the bar shows their sum. */
struct watch {
	struct progress *progress;
	const struct config *config;
	struct fetch_progress *of; /* one for each source of the config */
};

static void show_sync_progress(void *context, const char *source, const struct fetch_progress *told)
{
	struct watch *w = context;
	uint64_t done = 0, total = 0;
	char done_text[SIZE_TEXT_SIZE], total_text[SIZE_TEXT_SIZE], text[100];

	for (size_t i = 0; i < w->config->source_count; i++) {
		if (strcmp(w->config->sources[i].name, source) == 0)
			w->of[i] = *told;
		done += w->of[i].bytes_done;
		total += w->of[i].bytes;
	}
	snprintf(text, sizeof text, "%s of %s, now %.30s", size_format(done, done_text),
		size_format(total, total_text), source);
	progress_update(w->progress, done, total, text);
}

static void tell_sync_wait(void *context, const char *source, const char *holder)
{
	(void)context;
	fprintf(stderr, "patchline sync: '%s' is being synced by %s; waiting for its end\n", source,
		holder);
}

static int judge_index(void *context, const char *source, const char *path, struct error *err)
{
	const struct watch *w = context;

	return indexes_judge(w->config, source, path, err);
}

/* The names on the command line, ended by NULL; NULL for all sources. free(). */
static const char **wanted_sources(const struct invocation *inv)
{
	const char *accepted = option_value(inv, "accept-change");
	size_t count = 0;

	while (arg_at(inv, count))
		count++;

	const char **names = count || accepted ? mem_new(count + 2, sizeof *names) : NULL;

	for (size_t i = 0; i < count; i++) {
		names[i] = arg_at(inv, i);
		if (accepted && strcmp(names[i], accepted) == 0)
			accepted = NULL;
	}
	if (accepted)
		names[count] = accepted;
	return names;
}

/* Without a new index nothing new can be pending. */
static bool has_news(const struct sync_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		if (report->outcomes[i].fetched)
			return true;
	}
	return false;
}

static int run_sync(struct invocation *inv, struct sync_report *report,
	struct unread_stanzas *unread, struct error *err)
{
	CLEANUP(progress_free) struct progress *progress = progress_new("sync");
	CLEANUP(free) struct fetch_progress *of = NULL;
	CLEANUP(free) const char **only = wanted_sources(inv);
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	of = mem_new(c->source_count, sizeof *of);

	struct watch watch = { progress, c, of };
	struct sync_options options = {
		.only = only,
		.actor = actor(inv),
		.takes_change = option_value(inv, "accept-change"),
		.on_progress = show_sync_progress,
		.on_wait = tell_sync_wait,
		.judge = judge_index,
		.context = &watch,
	};

	if (sync_sources(c, store, &options, report, err) < 0)
		return -1;
	if (indexes_keep(c, store, unread, err) < 0)
		return -1;
	return has_news(report) ? exposure_note(c, store, err) : 0;
}

static void show_unread(struct invocation *inv, const struct unread_stanzas *unread)
{
	if (!is_for_people(inv) || !unread->count)
		return;
	printf("\nLeft out, because it cannot be read:\n");
	output_rows(inv, &unread_stanza_view, unread->items, unread->count, NULL);
}

int cmd_sync(struct invocation *inv, struct error *err)
{
	CLEANUP(sync_report_done) struct sync_report report = { 0 };
	CLEANUP(unread_stanzas_done) struct unread_stanzas unread = { 0 };
	CLEANUP(view_rows_done) struct view_rows items = { 0 };
	enum error_kind kind = ERR_NONE;

	if (run_sync(inv, &report, &unread, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++) {
		if (kind == ERR_NONE)
			kind = report.outcomes[i].error.kind;
	}
	sync_items(&report, &unread, &items);
	output_rows(
		inv, &sync_item_view, items.items, items.count, "The configuration has no sources");
	show_unread(inv, &unread);
	if (!report.failed)
		return 0;
	return error_set(err, kind,
		"%zu of %zu sources failed; their last good indexes, if any, stay in use",
		report.failed, report.count);
}
