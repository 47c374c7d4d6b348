/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/rehearsing.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/tested.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "cli/watch/watch.h"
#include "clone/answer.h"
#include "present/rehearsal.h"
#include "present/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct rehearsing {
	struct progress *progress;
	struct watch *rollout;
	struct view_rows packages, tests; /* of struct frozen_item, test_told */
	bool is_frozen;
	char *what; /* owned: before the bar */
};

/* ---- as it happens ---- */

static void on_stage(void *context, enum rehearsal_stage stage, const char *words)
{
	struct rehearsing *r = context;

	progress_line(r->progress, "%s %s", rehearsal_stage_name(stage), words);
}

static void on_fetch(void *context, uint64_t done, uint64_t total, const char *words)
{
	struct rehearsing *r = context;

	progress_update(r->progress, done, total, words);
}

static void on_frozen(void *context, const struct freeze *f)
{
	struct rehearsing *r = context;
	char size[SIZE_TEXT_SIZE];

	view_rows_done(&r->packages);
	r->packages = frozen_items_of(f, true);
	r->is_frozen = true;
	progress_line(r->progress, "  %zu packages, %s: %s", freeze_count(f),
		size_format(frozen_size(f), size), freeze_candidate(f));
}

static void on_act(void *context, const char *action, const char *target)
{
	struct rehearsing *r = context;

	progress_update(r->progress, 0, 0, *target ? target : action);
}

static void on_act_done(void *context, const char *action, const char *target, int64_t elapsed_ms,
	const struct error *err)
{
	struct rehearsing *r = context;

	progress_line(r->progress, "  %-9s %-16s %5.1f s%s%s", action, target,
		(double)elapsed_ms / 1000, err ? "  failed: " : "", err ? err->text : "");
}

static void on_progress(void *context, const char *words)
{
	struct rehearsing *r = context;

	progress_update(r->progress, 0, 0, words);
}

/* What a copy does not hold is told before it is made. */
static void on_coverage(void *context, const struct coverage *coverage)
{
	struct rehearsing *r = context;

	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_area *a = &coverage->areas[i];

		if (!a->is_covered)
			progress_line(r->progress, "  %s: %s is not in the copy: %s", a->host,
				a->path, a->why);
	}
}

static void on_test_start(void *context, const char *suite, const char *host)
{
	struct rehearsing *r = context;

	tested_start(&r->tests, suite, host);
}

static void on_test_end(void *context, const struct test_told *told)
{
	struct rehearsing *r = context;

	tested_end(&r->tests, told);
}

struct rehearsing *rehearsing_new(const char *environment)
{
	struct rehearsing *r = mem_new(1, sizeof *r);

	r->what = mem_printf("rehearse %s", environment);
	r->progress = progress_new(r->what);
	r->rollout = watch_new(r->what);
	return r;
}

struct rehearsal_watch rehearsing_watch(struct rehearsing *r)
{
	return (struct rehearsal_watch){
		.on_stage = on_stage,
		.on_fetch = on_fetch,
		.on_frozen = on_frozen,
		.on_test_start = on_test_start,
		.on_test_end = on_test_end,
		.context = r,
		.cloning = { .clone = { on_act, on_act_done, on_progress, r },
			.on_coverage = on_coverage,
			.context = r },
		.rollout = watch_callbacks(r->rollout),
	};
}

void rehearsing_free(struct rehearsing *r)
{
	if (!r)
		return;
	progress_free(r->progress);
	watch_free(r->rollout);
	view_rows_done(&r->packages);
	view_rows_done(&r->tests);
	free(r->what);
	free(r);
}

/* ---- as it ended ---- */

struct jvalue *rehearsing_json(
	struct rehearsing *r, const char *environment, const struct rehearsal_summary *summary)
{
	return view_object(&rehearsal_answer_view,
		&(struct rehearsal_answer){ environment, summary, r->packages, r->tests });
}

static void print_rehearsed_text(struct rehearsing *r, const struct rehearsal_summary *summary)
{
	if (r->is_frozen) {
		output_table(&frozen_item_view, r->packages.items, r->packages.count,
			"Nothing is pending");
		putchar('\n');
	}
	output_table(&tested_item_view, r->tests.items, r->tests.count, NULL);
	if (summary->state != REHEARSAL_WAITING)
		return;
	printf("\nrehearsal-%" PRId64 ": %s passed on %s and waits for approval. Next:\n"
	       "  patchline approve %s\n"
	       "  patchline promote %s --patch-original\n",
		summary->id, summary->candidate, summary->clone, summary->clone, summary->clone);
}

int rehearsing_tell(const struct invocation *inv, struct rehearsing *r, const char *environment,
	const struct rehearsal_summary *summary, struct error *err)
{
	progress_free(STEAL(&r->progress));
	watch_free(STEAL(&r->rollout));
	if (wants_json(inv))
		output_json(rehearsing_json(r, environment, summary));
	else
		print_rehearsed_text(r, summary);
	if (summary->state != REHEARSAL_FAILED)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"rehearsal-%" PRId64
		" failed: %s. Its clone is up: 'patchline enter %s HOST' opens a shell, "
		"'patchline evidence %s' has what tests printed%s%s",
		summary->id, summary->reason, summary->clone, summary->clone,
		*summary->logs ? "; the hosts' journals are in " : "", summary->logs);
}
