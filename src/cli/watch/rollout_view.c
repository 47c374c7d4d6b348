/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/rollout_view.h"

#include "base/cells.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/lines.h"
#include "cli/watch/rollout_snapshot.h"
#include "cli/watch/rollout_view_private.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MOST   4000
#define NAME_LEAST  4
#define NAME_MOST   30
#define WAVE_WIDTH  4
#define STEP_WIDTH  13
#define TIME_WIDTH  5
#define FOOTER_ROWS 2

/* ---- which hosts ---- */

enum section { SECTION_FAILED, SECTION_RUNNING, SECTION_ENDED, SECTION_WAITING, SECTION_COUNT };

static enum section section_of(enum host_verdict verdict)
{
	static const enum section sections[HOST_VERDICT_COUNT] = {
		[HOST_WAITING] = SECTION_WAITING,
		[HOST_RUNNING] = SECTION_RUNNING,
		[HOST_DONE] = SECTION_ENDED,
		[HOST_NOTHING_TO_DO] = SECTION_ENDED,
		[HOST_SKIPPED] = SECTION_ENDED,
		[HOST_FAILED] = SECTION_FAILED,
		[HOST_REVERTED] = SECTION_FAILED,
		[HOST_UNWELL] = SECTION_FAILED,
		[HOST_UNREACHABLE] = SECTION_FAILED,
	};

	return sections[verdict];
}

static const char *const section_words[SECTION_COUNT] = {
	[SECTION_FAILED] = "failed",
	[SECTION_RUNNING] = "running",
	[SECTION_ENDED] = "ended",
	[SECTION_WAITING] = "waiting",
};

/* Hosts of one section, borrowed. */
struct section_hosts {
	const struct rollout_host_row **items; /* owned list */
	size_t count;
};

static void section_hosts_done(struct section_hosts *h)
{
	free(h->items);
}
CLEANUP_DONE(struct section_hosts, section_hosts_done)

static struct section_hosts hosts_in(const struct rollout_snapshot *g, enum section section)
{
	struct section_hosts hosts = { mem_new(g->hosts.count + 1, sizeof *hosts.items), 0 };

	for (size_t i = 0; i < g->hosts.count; i++) {
		if (section_of(g->hosts.items[i].verdict) == section)
			hosts.items[hosts.count++] = &g->hosts.items[i];
	}
	return hosts;
}

static int by_end(const void *a, const void *b)
{
	const struct rollout_host_row *x = *(const struct rollout_host_row *const *)a;
	const struct rollout_host_row *y = *(const struct rollout_host_row *const *)b;

	return (x->ended_at < y->ended_at) - (x->ended_at > y->ended_at);
}

/* ---- one line ---- */

void view_add(struct view_draft *d, enum tone tone, char *text)
{
	CLEANUP(free) char *whole = text;
	CLEANUP(free) char *clean = cells_clean(whole, strlen(whole), TEXT_MOST);
	struct str line = { 0 };

	cells_add(&line, clean, d->columns);
	lines_add(d->lines, tone, str_take(&line));
}

static const struct step_row *step_of(const struct rollout_snapshot *g, const char *host)
{
	for (size_t i = 0; i < g->open.count; i++) {
		const struct step_row *row = &g->open.items[i];

		if (rollout_snapshot_is_awaited(g, row) && str_equal(row->host, host))
			return row;
	}
	return NULL;
}

/* What stands in the columns of a host. */
struct cells {
	const char *step, *words;
	int64_t since; /* 0: nothing is shown */
	int64_t until;
	enum tone tone;
};

static struct cells cells_of(const struct view_draft *d, const struct rollout_host_row *row)
{
	static const enum tone tones[SECTION_COUNT] = {
		[SECTION_FAILED] = TONE_BAD,
		[SECTION_RUNNING] = TONE_PLAIN,
		[SECTION_ENDED] = TONE_GOOD,
	};
	enum section section = section_of(row->verdict);
	const struct step_row *step = NULL;

	if (section != SECTION_RUNNING)
		return (struct cells){ host_verdict_name(row->verdict), row->reason, row->ended_at,
			0, tones[section] };
	step = step_of(d->rollout_snapshot, row->host);
	if (!step)
		return (struct cells){ "running", row->said, row->started_at, 0, TONE_PLAIN };
	return (struct cells){ step_name(step->step), row->said, step->started_at,
		step->deadline_at,
		step->deadline_at < d->rollout_snapshot->at ? TONE_BAD : TONE_PLAIN };
}

static void add_time(struct str *line, const char *words)
{
	cells_add_column(line, words, TIME_WIDTH);
	str_add(line, "  ");
}

static void add_host_line(struct view_draft *d, const struct rollout_host_row *row)
{
	const struct cells cells = cells_of(d, row);
	int64_t now = d->rollout_snapshot->at;
	char since[CLOCK_TEXT_SIZE] = "", left[CLOCK_TEXT_SIZE] = "";
	struct str line = { 0 };

	if (cells.since)
		clock_format_age(now - cells.since, since);
	if (cells.until)
		clock_format_age(cells.until - now, left);
	str_addf(&line, "%*lld  ", WAVE_WIDTH, (long long)row->wave);
	cells_add_column(&line, row->host, d->name_width);
	str_add(&line, "  ");
	cells_add_column(&line, cells.step, STEP_WIDTH);
	str_add(&line, "  ");
	add_time(&line, since);
	add_time(&line, cells.until && cells.until < now ? "over" : left);
	str_add(&line, cells.words);
	view_add(d, cells.tone, str_take(&line));
}

static void add_heading(struct view_draft *d)
{
	struct str line = { 0 };

	str_addf(&line, "%-*s  ", WAVE_WIDTH, "WAVE");
	cells_add_column(&line, "HOST", d->name_width);
	str_addf(&line, "  %-*s  %-*s  %-*s  %s", STEP_WIDTH, "STEP", TIME_WIDTH, "SINCE",
		TIME_WIDTH, "LEFT", "LAST LINE, OR REASON");
	view_add(d, TONE_HEAD, str_take(&line));
}

/* ---- hosts ---- */

/* As many as there is room for; the last line counts those that are left out. */
static void add_section(
	struct view_draft *d, enum section section, const struct section_hosts *hosts, size_t room)
{
	size_t shown = hosts->count <= room ? hosts->count : room ? room - 1 : 0;

	for (size_t i = 0; i < shown; i++)
		add_host_line(d, hosts->items[i]);
	if (room && shown < hosts->count)
		view_add(d, section == SECTION_FAILED ? TONE_BAD : TONE_FAINT,
			mem_printf("%*s  ... and %zu more %s", WAVE_WIDTH, "", hosts->count - shown,
				section_words[section]));
}

/* The waiting hosts of one wave, from `at` on; moves `at` behind them. */
static size_t count_wave(const struct section_hosts *waiting, size_t *at)
{
	size_t start = *at;

	while (*at < waiting->count && waiting->items[*at]->wave == waiting->items[start]->wave)
		++*at;
	return *at - start;
}

static size_t count_waves(const struct section_hosts *waiting)
{
	size_t waves = 0;

	for (size_t at = 0; at < waiting->count; waves++)
		(void)count_wave(waiting, &at);
	return waves;
}

/* A line a wave; the last one sums up the waves that have no line. */
static void add_waiting(struct view_draft *d, const struct section_hosts *waiting, size_t room)
{
	for (size_t at = 0, used = 1; used <= room && at < waiting->count; used++) {
		const struct rollout_host_row *first = waiting->items[at];
		size_t count = count_wave(waiting, &at);

		if (used == room && at < waiting->count) {
			view_add(d, TONE_FAINT,
				mem_printf("%*lld  and later waves: %zu waiting", WAVE_WIDTH,
					(long long)first->wave, waiting->count - at + count));
			return;
		}
		view_add(d, TONE_FAINT,
			mem_printf("%*lld  %s: %zu waiting", WAVE_WIDTH, (long long)first->wave,
				first->group, count));
	}
}

/* How many lines each section gets. */
struct rooms {
	size_t failed, running, waiting, ended;
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Failures first; but a third is for those at work, and somebody who waits is always told of. */
static struct rooms share(size_t room, size_t failed, size_t running, size_t waves)
{
	struct rooms r = { 0 };

	r.waiting = least(waves, room / 4 ? room / 4 : least(room, 1));
	room -= r.waiting;
	r.failed = least(failed, room - least(running, room / 3));
	r.running = least(running, room - r.failed);
	r.ended = room - r.failed - r.running;
	return r;
}

static void add_host_lines(struct view_draft *d, size_t room)
{
	CLEANUP(section_hosts_done)
	struct section_hosts failed = hosts_in(d->rollout_snapshot, SECTION_FAILED);
	CLEANUP(section_hosts_done)
	struct section_hosts running = hosts_in(d->rollout_snapshot, SECTION_RUNNING);
	CLEANUP(section_hosts_done)
	struct section_hosts waiting = hosts_in(d->rollout_snapshot, SECTION_WAITING);
	CLEANUP(section_hosts_done)
	struct section_hosts ended = hosts_in(d->rollout_snapshot, SECTION_ENDED);
	struct rooms rooms;

	if (!room)
		return;
	add_heading(d);
	rooms = share(room - 1, failed.count, running.count, count_waves(&waiting));
	qsort(ended.items, ended.count, sizeof(struct rollout_host_row *), by_end);
	add_section(d, SECTION_FAILED, &failed, rooms.failed);
	add_section(d, SECTION_RUNNING, &running, rooms.running);
	add_waiting(d, &waiting, rooms.waiting);
	add_section(d, SECTION_ENDED, &ended, rooms.ended);
}

/* ---- footer ---- */

static void add_help(struct view_draft *d, size_t room)
{
	static const char *const help[] = {
		"p   pause: no further host is begun, those under way are brought to their end;",
		"    the same promote goes on later",
		"c   cancel for good: hosts that were not changed stay as they are; asks first",
		"q   leave; the rollout goes on, and this can be called again at any time",
		"?   this, and back",
		"",
		"SINCE  how long its step runs, or how long ago the host came to its end",
		"LEFT   how long the step may still take; past that its outcome is unknown",
	};

	for (size_t i = 0; i < sizeof help / sizeof *help && i < room; i++)
		view_add(d, TONE_PLAIN, mem_strdup(help[i]));
}

static void add_footer(struct view_draft *d, const struct rollout_view *v)
{
	view_add(d, TONE_PLAIN, mem_strdup(v->message));
	if (v->is_asking)
		view_add(d, TONE_BAD,
			mem_printf("cancel rollout-%lld for good? y/n",
				(long long)v->rollout_snapshot->rollout.id));
	else
		view_add(d, TONE_FAINT,
			mem_strdup("p pause   c cancel   q quit, the rollout goes on   ? help"));
}

/* ---- the whole ---- */

static struct view_draft begin_draft(
	const struct rollout_snapshot *g, size_t columns, struct lines *lines)
{
	size_t width = NAME_LEAST, most = least(NAME_MOST, columns / 3);

	for (size_t i = 0; i < g->hosts.count; i++) {
		size_t cells = cells_width(g->hosts.items[i].host);

		width = cells > width ? cells : width;
	}
	return (struct view_draft){ g, columns, least(width, most), lines };
}

void rollout_view_fill(const struct rollout_view *v, struct lines *out)
{
	struct view_draft d = begin_draft(v->rollout_snapshot, v->columns, out);
	size_t room = 0;

	view_add_header(&d);
	lines_cut(out, v->rows > FOOTER_ROWS ? v->rows - FOOTER_ROWS : v->rows);
	if (v->rows <= FOOTER_ROWS)
		return;
	room = v->rows - FOOTER_ROWS - out->count;
	if (v->wants_help)
		add_help(&d, room);
	else
		add_host_lines(&d, room);
	while (out->count < v->rows - FOOTER_ROWS)
		view_add(&d, TONE_PLAIN, mem_strdup(""));
	add_footer(&d, v);
}

void rollout_view_sum(const struct rollout_snapshot *g, size_t columns, struct lines *out)
{
	struct view_draft d = begin_draft(g, columns, out);
	CLEANUP(section_hosts_done) struct section_hosts failed = hosts_in(g, SECTION_FAILED);

	view_add_header(&d);
	add_section(&d, SECTION_FAILED, &failed, failed.count);
}
