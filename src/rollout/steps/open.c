/* SPDX-License-Identifier: Apache-2.0 */
/* host_run_open.c - what an earlier program began on a host and did not see the end of; declared in host_run_private.h. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/hoststep.h"
#include "fleet/session.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/log_excerpt.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS           1000
#define LOOK_SECONDS 2     /* between two looks at a host that is coming up */
#define LOOK_MS      10000 /* for a host to tell of a step whose time is over */
#define LOG_LIMIT    ((size_t)256 * 1024)

/* What runs on alone has a name on the host that begins so; all else died with the program that did it. */
static const char *const some_words[STEP_COUNT] = {
	[STEP_HOLD_UPDATERS] = "hold-updaters",
	[STEP_APPLY] = "apply",
	[STEP_RESTART] = "restart",
	[STEP_FREE_UPDATERS] = "free-updaters",
	[STEP_REVERT] = "revert",
};

/* The way back to a snapshot is the provider's work: the host may be down until it is done again, and cannot be asked. */
static bool runs_alone(const struct host_run *s, const struct step_row *row)
{
	const struct way_back *way = s->target->way;
	bool is_snapshot =
		row->rollout == s->shared->rollout && way && way->kind == WAY_BACK_IS_SNAPSHOT;

	return some_words[row->step] && !(row->step == STEP_REVERT && is_snapshot);
}

/* ---- wait for it ---- */

/* -1: nobody knows whether it has ended; why is in err. */
static int open_await(struct host_run *s, const struct step_row *row,
	struct session_step_result *out, struct error *err)
{
	const struct host_call e = { row->rollout, row->attempt, some_words[row->step],
		hoststep_collect };
	int64_t left = (row->deadline_at - clock_now()) * MS;
	int result = 0;

	s->until_ms = clock_monotonic_ms() + (left > LOOK_MS ? left : LOOK_MS);
	last_line_begin(&s->last_line);
	result = host_run_send(s, &e, out, err);
	s->is_at_work = false;
	return result;
}

static int open_end(struct host_run *s, const struct step_row *row, enum step_state state,
	const struct error *cause, const char *log, struct error *err)
{
	const struct step_key key = { row->rollout, row->host, row->attempt, row->step };
	const struct step_end end = { state, cause, log };

	if (row->rollout == s->shared->rollout)
		host_progress_note(&s->progress, row->attempt, row->step, state);
	return store_step_end(s->shared->lease, &key, &end, err);
}

static int open_leave(
	struct host_run *s, const struct step_row *row, const struct error *why, struct error *err)
{
	s->outcome = STEP_STATE_AT_WORK;
	s->open_step = row->step;
	s->open_rollout = row->rollout;
	if (why->kind == ERR_UNREACHABLE)
		target_fail(
			s->target, FAILURE_UNREACHABLE, "%s: %s", step_name(row->step), why->text);
	if (row->state == STEP_STATE_AT_WORK)
		return 0;
	return open_end(s, row, STEP_STATE_AT_WORK, why, row->log, err);
}

int host_run_await_open(struct host_run *s, struct error *err)
{
	const struct rollout_request *r = s->shared->request;

	if (store_steps_open_of(r->store, s->target->place.host->name, &s->open, err) < 0)
		return -1;
	s->ends = mem_new(s->open.count + 1, sizeof *s->ends);
	for (size_t i = 0; i < s->open.count; i++) {
		const struct step_row *row = &s->open.items[i];
		struct error why;

		s->ends[i].end = STEP_END_ABSENT;
		if (runs_alone(s, row) && open_await(s, row, &s->ends[i], &why) < 0 &&
			open_leave(s, row, &why, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- take it over ---- */

static enum step_state state_of(const struct step_row *row, const struct session_step_result *end)
{
	if (!some_words[row->step] ||
		row->step == STEP_REVERT) /* the way back is more than one step on the host */
		return STEP_STATE_LOST;
	switch (end->end) {
	case STEP_END_DONE:
		if (end->exit_status == 0)
			return STEP_STATE_DONE;
		return row->step == STEP_APPLY && end->exit_status == APPLY_REFUSED
			       ? STEP_STATE_REFUSED
			       : STEP_STATE_FAILED;
	case STEP_END_ABSENT:
		return STEP_STATE_REFUSED;
	case STEP_END_INTERRUPTED:
	case STEP_END_COUNT:
		break;
	}
	return STEP_STATE_LOST;
}

static int close_row(struct host_run *s, const struct step_row *row,
	struct session_step_result *end, struct error *err)
{
	enum step_state state = state_of(row, end);
	CLEANUP(free) char *said = log_excerpt_find(end->output ? end->output : "");
	struct error cause = { .kind = ERR_UNCERTAIN };
	const char *some_whys[STEP_STATE_COUNT] = {
		[STEP_STATE_REFUSED] = end->end == STEP_END_ABSENT ? "it was never begun" : said,
		[STEP_STATE_FAILED] = said,
		[STEP_STATE_LOST] = some_words[row->step] ? "the host stopped in the middle of it"
							  : "the program that did it died",
	};

	if (state == STEP_STATE_FAILED)
		cause.kind = ERR_SYSTEM;
	if (state == STEP_STATE_REFUSED)
		cause.kind = ERR_REFUSED;
	snprintf(cause.text, sizeof cause.text, "%s", some_whys[state] ? some_whys[state] : "");
	if (end->output && end->output_size > LOG_LIMIT)
		end->output[LOG_LIMIT] = '\0';
	return open_end(s, row, state, state == STEP_STATE_DONE ? NULL : &cause, end->output, err);
}

/* On the way there its attempt goes on where it was cut off; one in which something failed is over. */
static bool is_on_its_way(const struct host_run *s, const struct step_row *row, enum course course)
{
	bool is_back = s->direction == DIRECTION_BACK || course == COURSE_GO_BACK;

	if (course != COURSE_GO_ON && course != COURSE_GO_BACK)
		return false;
	if (!some_words[row->step] || row->rollout != s->shared->rollout ||
		row->attempt != s->progress.attempts)
		return false;
	return is_back ? row->step == STEP_REVERT : row->step != STEP_REVERT && !s->has_failed;
}

int host_run_forgo_open(struct host_run *s, struct error *err)
{
	for (size_t i = 0; i < s->open.count; i++) {
		if (s->open.items[i].rollout == s->shared->rollout &&
			s->open.items[i].attempt == s->attempt &&
			s->open.items[i].step == s->open_step)
			return close_row(s, &s->open.items[i], &s->ends[i], err);
	}
	return 0;
}

int host_run_take_open(struct host_run *s, enum course course, struct error *err)
{
	for (size_t i = 0; i < s->open.count; i++) {
		const struct step_row *row = &s->open.items[i];

		if (is_on_its_way(s, row, course)) {
			s->is_resumed = true;
			s->is_absent = s->ends[i].end == STEP_END_ABSENT;
			s->open_step = row->step;
			s->attempt = row->attempt;
		} else if (close_row(s, row, &s->ends[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- look at the host ---- */

/* Until when a host may be down, by what earlier programs began: 0 where it is up. */
static int64_t find_patience(const struct host_run *s)
{
	int64_t until = 0;

	for (size_t i = 0; i < s->open.count; i++) {
		int64_t left = (s->open.items[i].deadline_at - clock_now()) * MS;

		if (s->open.items[i].step == STEP_REBOOT)
			until = clock_monotonic_ms() + left;
	}
	return until;
}

int host_run_look(struct host_run *s, struct error *err)
{
	struct rollout_target *m = s->target;
	int64_t until = find_patience(s);

	while (targets_look(s->shared->targets, m, err) == 0) {
		struct timespec pause = { .tv_sec = LOOK_SECONDS };

		if (m->failure != FAILURE_UNREACHABLE || clock_monotonic_ms() >= until) {
			free(s->changes);
			host_run_fill_order(s);
			return 0;
		}
		target_judge(m, HOST_WAITING, "%s", "");
		nanosleep(&pause, NULL);
	}
	return -1;
}
