/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/progress.h"
#include "cli/watch/rollout_snapshot.h"
#include "cli/watch/rollout_view_private.h"

#define BAR_WIDTH 10

static void add_title(struct view_draft *d)
{
	const struct rollout_row *row = &d->rollout_snapshot->rollout;
	int64_t until = row->ended_at ? row->ended_at : d->rollout_snapshot->at;
	char started[CLOCK_TEXT_SIZE], took[CLOCK_TEXT_SIZE];

	view_add(d, TONE_HEAD,
		mem_printf("rollout-%lld: %s to %s, %s (%s), by %s, since %s", (long long)row->id,
			row->candidate, row->environment, rollout_state_name(row->state),
			clock_format_age(until - row->started_at, took), row->started_by,
			clock_format(row->started_at, started)));
}

static void add_counts(struct view_draft *d)
{
	static const enum host_verdict order[HOST_VERDICT_COUNT] = { HOST_FAILED, HOST_UNREACHABLE,
		HOST_UNWELL, HOST_REVERTED, HOST_RUNNING, HOST_DONE, HOST_NOTHING_TO_DO,
		HOST_SKIPPED, HOST_WAITING };
	const struct rollout_host_rows *hosts = &d->rollout_snapshot->hosts;
	size_t of[HOST_VERDICT_COUNT] = { 0 }, ended = 0;
	char bar[PROGRESS_BAR_SIZE];
	struct str line = { 0 };

	for (size_t i = 0; i < hosts->count; i++)
		of[hosts->items[i].verdict]++;
	ended = hosts->count - of[HOST_WAITING] - of[HOST_RUNNING];
	str_addf(&line, "%s %zu of %zu", progress_bar(ended, hosts->count, BAR_WIDTH, bar), ended,
		hosts->count);
	for (size_t i = 0, named = 0; i < HOST_VERDICT_COUNT; i++) {
		if (of[order[i]])
			str_addf(&line, "%s %zu %s", named++ ? "," : ":", of[order[i]],
				host_verdict_name(order[i]));
	}
	view_add(d, TONE_PLAIN, str_take(&line));
}

static const struct step_row *first_deadline(const struct rollout_snapshot *g)
{
	const struct step_row *first = NULL;

	for (size_t i = 0; i < g->open.count; i++) {
		const struct step_row *row = &g->open.items[i];

		if (rollout_snapshot_is_awaited(g, row) &&
			(!first || row->deadline_at < first->deadline_at))
			first = row;
	}
	return first;
}

/* Until when the steps may take that run now. */
static void add_deadline(struct view_draft *d)
{
	const struct rollout_row *row = &d->rollout_snapshot->rollout;
	const struct step_row *step = first_deadline(d->rollout_snapshot);
	char left[CLOCK_TEXT_SIZE], at[CLOCK_TEXT_SIZE];
	int64_t now = d->rollout_snapshot->at;
	struct str line = { 0 };

	if (row->wish != WISH_NONE)
		str_addf(&line, "%s asked by %s: hosts under way come to their end; ",
			rollout_wish_name(row->wish), row->wished_by);
	if (!step)
		str_add(&line, "no step runs at this moment");
	else if (step->deadline_at < now)
		str_addf(&line, "%s on %s is over its time by %s", step_name(step->step),
			step->host, clock_format_age(now - step->deadline_at, left));
	else
		str_addf(&line, "first deadline: %s on %s, %s, in %s", step_name(step->step),
			step->host, clock_format(step->deadline_at, at),
			clock_format_age(step->deadline_at - now, left));
	view_add(d, step && step->deadline_at < now ? TONE_BAD : TONE_PLAIN, str_take(&line));
}

static void add_rollout_state(struct view_draft *d)
{
	const struct rollout_row *row = &d->rollout_snapshot->rollout;

	if (rollout_snapshot_is_orphaned(d->rollout_snapshot))
		view_add(d, TONE_BAD, rollout_snapshot_orphan_words(d->rollout_snapshot));
	else if (row->state == ROLLOUT_RUNNING)
		add_deadline(d);
	else
		view_add(d, row->state == ROLLOUT_DONE ? TONE_GOOD : TONE_BAD,
			mem_printf("%s%s%s", rollout_state_name(row->state),
				*row->reason ? ": " : "", row->reason));
}

void view_add_header(struct view_draft *d)
{
	add_title(d);
	add_counts(d);
	add_rollout_state(d);
}
