/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "fleet/session.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/log_excerpt.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "store/rollout.h"

#include <stdlib.h>
#include <time.h>

#define RECONNECTS      5
#define RECONNECT_PAUSE 2 /* seconds */

/* What makes a finding an error goes into the error's text; all findings go into the log. */
int host_run_check_findings(struct host_run *s, const struct findings *found, struct error *err)
{
	CLEANUP(str_done) struct str errors = { 0 };

	for (size_t i = 0; i < findings_count(found); i++) {
		const struct finding *f = findings_at(found, i);

		str_addf(&s->log, "%s: %s: %s%s%s\n", severity_name(f->severity), f->check, f->what,
			*f->remedy ? "; " : "", f->remedy);
		if (f->severity == SEVERITY_WARNING)
			str_addf(&s->remarks, "%s%s: %s", s->remarks.size ? "; " : "", f->check,
				f->what);
		if (f->severity == SEVERITY_ERROR)
			str_addf(&errors, "%s%s: %s%s%s", errors.size ? "; " : "", f->check,
				f->what, *f->remedy ? "; to put right: " : "", f->remedy);
	}
	if (findings_have_error(found))
		return error_set(err, ERR_REFUSED, "%s", str_text(&errors));
	return 0;
}

static int call_once(struct host_run *s, const struct host_call *e, host_run_call *call,
	struct session_step_result *out, struct error *err)
{
	CLEANUP(free) char *rollout = NULL;
	CLEANUP(free) char *step = mem_printf("%s-%lld", e->word, (long long)e->attempt);

	if (store_rollout_known_as(s->shared->request->store, e->rollout, &rollout, err) < 0)
		return -1;

	const struct hoststep what = {
		.rollout = rollout,
		.step = step,
		.order = &s->order,
		.on_output = host_run_hear,
		.on_tick = host_run_tick,
		.context = s,
		.timeout_ms = host_run_left_ms(s),
	};

	return call(s->target->session, &what, out, err);
}

/* What an earlier program began, or may have, is collected first, and begun only when it never was. */
static int run_once(struct host_run *s, const struct host_call *e, struct session_step_result *out,
	struct error *err)
{
	if (s->is_continued) {
		if (call_once(s, e, hoststep_collect, out, err) < 0)
			return -1;
		if (out->end != STEP_END_ABSENT)
			return 0;
		session_step_result_done(out);
	}
	if (call_once(s, e, e->call, out, err) == 0)
		return 0;
	/* It was begun in between, by what was still on its way to the host. */
	return s->is_continued && err->kind == ERR_CONFLICT
		       ? call_once(s, e, hoststep_collect, out, err)
		       : -1;
}

/* It may go on alone for long after its time; who waits for it does not. */
static int out_of_time(const struct host_run *s, struct error *err)
{
	return error_set(err, ERR_UNCERTAIN,
		"no end of it within %llds; the host goes on alone: look at it, then 'patchline retry "
		"rollout-%lld' collects what came of it",
		(long long)s->target->place.group->step_timeout, (long long)s->shared->rollout);
}

/* The host goes on alone when the connection is lost: ask again until it can be asked. */
int host_run_send(struct host_run *s, const struct host_call *e, struct session_step_result *out,
	struct error *err)
{
	bool was_sent = false;

	for (unsigned tries = 0; run_once(s, e, out, err) < 0; tries++) {
		struct timespec pause = { .tv_sec = RECONNECT_PAUSE };
		bool is_late = clock_monotonic_ms() >= s->until_ms;
		bool is_away = err->kind == ERR_UNCERTAIN || err->kind == ERR_UNREACHABLE;

		was_sent = was_sent || err->kind == ERR_UNCERTAIN;
		if (is_away && !is_late && !s->is_at_work && tries < RECONNECTS) {
			nanosleep(&pause, NULL);
			continue;
		}
		if (is_away && is_late && !s->is_at_work)
			(void)!out_of_time(s, err);
		s->is_at_work = s->is_at_work || was_sent;
		return -1;
	}
	return 0;
}

int host_run_detached(struct host_run *s, const char *word, host_run_call *call,
	struct session_step_result *out, struct error *err)
{
	const struct host_call e = { s->shared->rollout, s->attempt, word, call };

	return host_run_send(s, &e, out, err);
}

int host_run_run(struct host_run *s, const char *word, host_run_call *call, struct error *err)
{
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };

	if (host_run_detached(s, word, call, &result, err) < 0)
		return -1;
	str_add(&s->log, result.output);
	if (result.end == STEP_END_DONE && result.exit_status == 0)
		return 0;

	CLEANUP(free) char *words = log_excerpt_find(result.output);

	return error_set(err, ERR_SYSTEM, "%s%s",
		result.end == STEP_END_DONE ? ""
					    : "the host stopped in the middle of it; last said: ",
		words);
}

int host_run_apply(struct host_run *s, struct error *err)
{
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };

	if (host_run_detached(s, "apply", hoststep_apply, &result, err) < 0)
		return -1;
	str_add(&s->log, result.output);

	CLEANUP(free) char *words = log_excerpt_find(result.output);

	if (result.end == STEP_END_INTERRUPTED)
		return error_set(err, ERR_UNCERTAIN,
			"the host stopped in the middle of it; last said: %s", words);
	if (result.exit_status == APPLY_REFUSED)
		return error_set(err, ERR_REFUSED, "nothing was changed: %s", words);
	if (result.exit_status)
		return error_set(err, ERR_SYSTEM, "exit status %d: %s", result.exit_status, words);
	s->target->changed = plan_change_count(s->target->plan);
	return 0;
}
