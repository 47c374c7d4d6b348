/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/cloning_watch.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/term/progress.h"
#include "cli/term/table.h"

#include <stdlib.h>

static const struct column coverage_columns[] = {
	{ "host", "HOST", COLUMN_TEXT },
	{ "path", "PATH", COLUMN_TEXT },
	{ "kind", "KIND", COLUMN_TEXT },
	{ "covered", "COPIED", COLUMN_FLAG },
	{ "why", "REMARK", COLUMN_PROSE },
	{ 0 },
};

struct cloning_watch_state {
	struct progress *progress;
	char *what; /* owned */
	struct table *coverage;
};

struct table *coverage_table(const struct coverage *coverage, bool only_gaps)
{
	struct table *t = table_new(coverage_columns);

	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_area *area = &coverage->areas[i];

		if (only_gaps && area->is_covered)
			continue;
		table_row(t);
		table_text(t, "host", area->host);
		table_text(t, "path", area->path);
		table_text(t, "kind", area->kind);
		table_number(t, "covered", area->is_covered);
		table_text(t, "why", area->why);
	}
	return t;
}

/* What is left out is told before anything is copied. */
static void on_coverage(void *context, const struct coverage *coverage)
{
	struct cloning_watch_state *w = context;

	table_free(w->coverage);
	w->coverage = coverage_table(coverage, false);
	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_area *area = &coverage->areas[i];

		if (!area->is_covered)
			progress_line(w->progress, "  %-16s %s (%s) is not copied%s%s", area->host,
				area->path, area->kind, *area->why ? ": " : "", area->why);
	}
}

static void on_action(void *context, const char *action, const char *target)
{
	const struct cloning_watch_state *w = context;
	CLEANUP(free)
	char *text = mem_printf("%s%s%s", action, *target ? " " : "", target);

	progress_update(w->progress, 0, 0, text);
}

static void on_done(void *context, const char *action, const char *target, int64_t elapsed_ms,
	const struct error *err)
{
	const struct cloning_watch_state *w = context;

	progress_line(w->progress, "  %-10s %-16s %s %5.1f s", action, target,
		err ? "failed" : "done  ", (double)elapsed_ms / 1000);
}

static void on_progress(void *context, const char *words)
{
	const struct cloning_watch_state *w = context;

	progress_update(w->progress, 0, 0, words);
}

struct cloning_watch_state *cloning_watch_new(const char *what)
{
	struct cloning_watch_state *w = mem_new(1, sizeof *w);

	w->what = mem_strdup(what);
	w->progress = progress_new(w->what);
	return w;
}

struct cloning_watch cloning_watch_callbacks(struct cloning_watch_state *w)
{
	return (struct cloning_watch){
		.clone = { on_action, on_done, on_progress, w },
		.on_coverage = on_coverage,
		.context = w,
	};
}

struct table *cloning_watch_coverage(const struct cloning_watch_state *w)
{
	return w->coverage;
}

void cloning_watch_free(struct cloning_watch_state *w)
{
	if (!w)
		return;
	progress_free(w->progress);
	table_free(w->coverage);
	free(w->what);
	free(w);
}
