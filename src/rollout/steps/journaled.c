/* SPDX-License-Identifier: Apache-2.0 */
/* host_run_leg.c - one step of a host between its two journal entries; declared in host_run_private.h. */
#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "model/config.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "store/debt.h"
#include "store/lease.h"
#include "store/step.h"

#define LOG_LIMIT     ((size_t)256 * 1024)
#define REBOOT_MARGIN 60 /* seconds, beside what the host may take to come back */
#define MS            1000

static void tell_step(
	const struct host_run *s, enum step step, enum step_state state, int64_t elapsed_ms)
{
	const struct rollout_watch *watch = &s->shared->request->watch;

	if (!watch->on_step)
		return;
	pthread_mutex_lock(s->shared->watch);
	watch->on_step(watch->context, s->target->place.host->name, step, state, elapsed_ms);
	pthread_mutex_unlock(s->shared->watch);
}

int64_t host_run_left_ms(const struct host_run *s)
{
	int64_t left = s->until_ms - clock_monotonic_ms();

	return left > MS ? left : MS;
}

/* Seconds. */
static int64_t limit_of(const struct host_run *s, enum step step)
{
	const struct group *group = s->target->place.group;
	int64_t reboot = group->reboot_timeout + REBOOT_MARGIN;

	return step == STEP_REBOOT && reboot > group->step_timeout ? reboot : group->step_timeout;
}

static int make_debt(struct host_run *s, enum debt debt, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	const struct debt_row row = { s->target->place.host->name, debt, r->environment->name,
		s->shared->rollout, 0 };

	if (debt == DEBT_NONE || (debt == DEBT_SERVICE && !host_run_has_load(s)))
		return 0;
	s->is_owed[debt] = true;
	return store_debt_make(r->store, &row, r->actor, err);
}

int host_run_pay_debt(struct host_run *s, const struct step_spec *step_spec, struct error *err)
{
	const struct rollout_request *r = s->shared->request;

	if (step_spec->pays == DEBT_NONE)
		return 0;
	s->is_owed[step_spec->pays] = false;
	return store_debt_pay(r->store, s->target->place.host->name, step_spec->pays,
		step_name(step_spec->step), r->actor, err);
}

/* An ERR_REFUSED of these is what they found: they cannot be refused themselves. */
static bool is_proof(enum step step)
{
	return step == STEP_VERIFY || step == STEP_REVERT;
}

/* How it ended. What is applied was not even sent where the host could not be reached, or let nothing begin. */
static enum step_state outcome_of(const struct host_run *s, enum step step, enum error_kind kind)
{
	bool is_kept_out = kind == ERR_UNREACHABLE || kind == ERR_DENIED;
	bool is_unsent = is_kept_out && step == STEP_APPLY;

	if (kind == ERR_NONE)
		return STEP_STATE_DONE;
	if (s->is_at_work)
		return STEP_STATE_AT_WORK;
	if (s->is_back && step == STEP_REVERT)
		return STEP_STATE_UNWELL;
	if (is_unsent || (kind == ERR_REFUSED && !is_proof(step)))
		return STEP_STATE_REFUSED;
	return kind == ERR_UNCERTAIN ? STEP_STATE_LOST : STEP_STATE_FAILED;
}

static int end_step(struct host_run *s, const struct step_spec *step_spec,
	const struct step_key *key, const struct error *failed, struct error *err)
{
	const struct step_end end = { outcome_of(s, step_spec->step, failed->kind),
		failed->kind == ERR_NONE ? NULL : failed, str_text(&s->log) };

	if (s->log.size > LOG_LIMIT)
		s->log.text[LOG_LIMIT] = '\0';
	host_progress_note(&s->progress, s->attempt, step_spec->step, end.state);
	if (store_step_end(s->shared->lease, key, &end, err) < 0)
		return -1;
	return end.cause && end.state != STEP_STATE_UNWELL ? 0
							   : host_run_pay_debt(s, step_spec, err);
}

/* The step took its time: by now another program may drive the host, and have given it its load. */
static int keep_out(struct host_run *s, struct error *err)
{
	return leases_check(s->shared->request->store, err) < 0 ? -1 : host_run_keep_out(s, err);
}

/* What the host does for others may have to be put right when it was started anew, and is not at work still. */
static void do_step(struct host_run *s, const struct step_spec *step_spec, struct error *failed)
{
	bool was_upset = step_spec->step == STEP_APPLY || step_spec->step == STEP_REBOOT ||
			 step_spec->step == STEP_RESTART || step_spec->step == STEP_REVERT;
	struct error forgot = { 0 };

	s->is_back = false;
	if (step_spec->run(s, failed) == 0)
		*failed = (struct error){ 0 };
	if (was_upset && !s->is_at_work && keep_out(s, &forgot) < 0 && failed->kind == ERR_NONE)
		*failed = forgot;
}

int host_run_do(struct host_run *s, const struct step_spec *step_spec, struct error *failed,
	struct error *err)
{
	struct step_key key = { s->shared->rollout, s->target->place.host->name, s->attempt,
		step_spec->step };
	int64_t started = clock_monotonic_ms(), seconds = limit_of(s, step_spec->step);

	str_done(&s->log);
	last_line_begin(&s->last_line);
	if (make_debt(s, step_spec->makes, err) < 0 ||
		(!s->is_continued && store_step_start(s->shared->lease, &key, seconds, err) < 0))
		return -1;
	tell_step(s, key.step, STEP_STATE_STARTED, 0);
	host_progress_note(&s->progress, s->attempt, step_spec->step, STEP_STATE_STARTED);
	s->until_ms = started + seconds * MS;
	do_step(s, step_spec, failed);
	if (end_step(s, step_spec, &key, failed, err) < 0)
		return -1;
	tell_step(s, key.step, s->progress.outcome, clock_monotonic_ms() - started);
	return 0;
}
