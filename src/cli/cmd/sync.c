/* SPDX-License-Identifier: Apache-2.0 */
#include "content/sync.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "cli/term/table.h"
#include "content/fetch.h"
#include "model/config.h"
#include "pending/exposure.h"
#include "plan/indexes.h"
#include "present/words.h"

#include <stdio.h>
#include <string.h>

static const struct column columns[] = {
	{ "source", "SOURCE", COLUMN_TEXT },
	{ "is_good", "GOOD", COLUMN_FLAG },
	{ "suites", "SUITES", COLUMN_NUMBER },
	{ "indexes", "INDEXES", COLUMN_NUMBER },
	{ "fetched", "FETCHED", COLUMN_NUMBER },
	{ "is_expired", "EXPIRED", COLUMN_FLAG },
	{ "error_kind", NULL, COLUMN_TEXT },
	{ "error", "PROBLEM", COLUMN_PROSE },
	{ 0 },
};

/* What each source has told so far; the bar shows their sum. */
struct watch {
	struct progress *progress;
	const struct config *config;
	struct fetch_progress *of; /* one for each source of the config */
};

static void show_progress(void *context, const char *source, const struct fetch_progress *told)
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

static void add_outcome(struct table *t, const struct sync_outcome *o)
{
	bool is_good = o->error.kind == ERR_NONE;

	table_row(t);
	table_text(t, "source", o->source);
	table_number(t, "is_good", is_good);
	if (is_good) {
		table_number(t, "suites", (int64_t)o->suites);
		table_number(t, "indexes", (int64_t)o->indexes);
		table_number(t, "fetched", (int64_t)o->fetched);
		table_number(t, "is_expired", o->is_expired);
		return;
	}
	table_text(t, "error_kind", error_kind_name(o->error.kind));
	table_text(t, "error", o->error.text);
}

/* The names on the command line, ended by NULL; NULL for all sources. free(). */
static const char **wanted_sources(const struct invocation *inv)
{
	size_t count = 0;

	while (arg_at(inv, count))
		count++;

	const char **names = count ? mem_new(count + 1, sizeof *names) : NULL;

	for (size_t i = 0; i < count; i++)
		names[i] = arg_at(inv, i);
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

static int run_sync(struct invocation *inv, struct sync_report *report, struct error *err)
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
		.on_progress = show_progress,
		.context = &watch,
	};

	if (sync_sources(c, store, &options, report, err) < 0)
		return -1;
	if (indexes_keep(c, store, err) < 0)
		return -1;
	return has_news(report) ? exposure_note(c, store, err) : 0;
}

int cmd_sync(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(sync_report_done) struct sync_report report = { 0 };
	enum error_kind kind = ERR_NONE;

	if (run_sync(inv, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++) {
		add_outcome(t, &report.outcomes[i]);
		if (kind == ERR_NONE)
			kind = report.outcomes[i].error.kind;
	}
	output_table(inv, t, "The configuration has no sources");
	if (!report.failed)
		return 0;
	return error_set(err, kind,
		"%zu of %zu sources failed; their last good indexes, if any, stay in use",
		report.failed, report.count);
}
