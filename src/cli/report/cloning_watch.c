/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/cloning_watch.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/term/progress.h"

#include <stdlib.h>

struct cloning_watch_state {
	struct progress *progress;
	char *what;               /* owned */
	struct coverage coverage; /* owned: a copy; its JSON stays with whoever told it */
};

/* It is answered at the end, when what was told is gone. */
static void keep_coverage(struct cloning_watch_state *w, const struct coverage *coverage)
{
	struct error ignored;

	coverage_done(&w->coverage);
	w->coverage = (struct coverage){ 0 };
	if (coverage_from(jvalue_copy(coverage->json), &w->coverage, &ignored) < 0)
		w->coverage = (struct coverage){ 0 };
}

/* What is left out is told before anything is copied. */
static void on_coverage(void *context, const struct coverage *coverage)
{
	struct cloning_watch_state *w = context;

	keep_coverage(w, coverage);
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

const struct coverage *cloning_watch_coverage(const struct cloning_watch_state *w)
{
	return &w->coverage;
}

void cloning_watch_free(struct cloning_watch_state *w)
{
	if (!w)
		return;
	progress_free(w->progress);
	coverage_done(&w->coverage);
	free(w->what);
	free(w);
}
