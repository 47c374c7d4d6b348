/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/host_run.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/session.h"
#include "model/config.h"
#include "plan/plan.h"
#include "policy/course.h"
#include "rollout/host_run_private.h"
#include "rollout/journal.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000

static bool has_changes(const struct host_run *s)
{
	return plan_change_count(s->target->plan);
}

/* Where the policy is always, only the host knows whether it was changed in this boot, by whichever rollout. */
static bool may_reboot(const struct host_run *s)
{
	enum reboot_policy policy = host_run_reboot_policy(s);

	return policy == REBOOT_ALWAYS ||
	       (policy != REBOOT_NEVER && (has_changes(s) || s->progress.now.is_reboot_owed ||
						  s->target->is_reboot_required));
}

static bool may_restart(const struct host_run *s)
{
	return s->target->place.group->restart == RESTART_AUTO &&
	       (has_changes(s) || s->progress.now.is_changed || s->target->is_stale);
}

static bool are_updaters_owed(const struct host_run *s)
{
	return s->is_owed[DEBT_UPDATERS];
}

/*
 * Load leaves a host only when something is done to it: one that was proved, and only proves it again, serves on. It
 * may be the last that does.
 */
static bool may_disturb(const struct host_run *s)
{
	bool is_proved = s->progress.now.proof == PROOF_GIVEN;
	bool is_to_change = has_changes(s) || (!is_proved && (may_reboot(s) || may_restart(s)));

	return s->target->place.group->drain.driver != DRAIN_NONE && is_to_change;
}

/* Load returns only to a host that is sound. */
static bool is_fit_for_load(const struct host_run *s)
{
	return s->is_owed[DEBT_SERVICE] && host_progress_is_sound(&s->progress);
}

/* One that is changed already has its snapshot, of the moment before that. */
static bool may_snapshot(const struct host_run *s)
{
	const struct way_back *way = s->target->way;

	return way && way->kind == WAY_BACK_IS_SNAPSHOT && has_changes(s) &&
	       !s->progress.now.is_changed;
}

/* Where load was not taken from it on the way there. */
static bool may_disturb_back(const struct host_run *s)
{
	return s->target->place.group->drain.driver != DRAIN_NONE && !s->is_owed[DEBT_SERVICE];
}

static bool is_always(const struct host_run *s)
{
	(void)s;
	return true;
}

/* There, in this order; a host with nothing to change only has to prove that it is, and runs, what it should. */
static const struct step_spec there[] = {
	{ STEP_STAGE, host_run_stage, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_HOLD_UPDATERS, host_run_hold_updaters, has_changes, DEBT_UPDATERS, DEBT_NONE },
	{ STEP_PRECHECK, host_run_precheck, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_DRAIN, host_run_drain, may_disturb, DEBT_SERVICE, DEBT_NONE },
	{ STEP_SNAPSHOT, host_run_snapshot, may_snapshot, DEBT_NONE, DEBT_NONE },
	{ STEP_APPLY, host_run_apply, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_REBOOT, host_run_reboot, may_reboot, DEBT_NONE, DEBT_NONE },
	{ STEP_RESTART, host_run_restart, may_restart, DEBT_NONE, DEBT_NONE },
	{ STEP_FREE_UPDATERS, host_run_free_updaters, are_updaters_owed, DEBT_NONE, DEBT_UPDATERS },
	{ STEP_VERIFY, host_run_verify, is_always, DEBT_NONE, DEBT_NONE },
	{ 0 },
};

/* Places in back[]. */
enum { BACK_DRAIN, BACK_REVERT, BACK_END };

/* Back, of a host that was changed; what was done in the same attempt on the way there is not done again. */
static const struct step_spec back[] = {
	[BACK_DRAIN] = { STEP_DRAIN, host_run_drain, may_disturb_back, DEBT_SERVICE, DEBT_NONE },
	[BACK_REVERT] = { STEP_REVERT, host_run_revert, is_always, DEBT_WAY_BACK, DEBT_WAY_BACK },
	[BACK_END] = { 0 },
};

/* What is given back to a host in the end, however it went. */
static const struct step_spec settlement[] = {
	{ STEP_FREE_UPDATERS, host_run_free_updaters, are_updaters_owed, DEBT_NONE, DEBT_UPDATERS },
	{ STEP_UNDRAIN, host_run_undrain, is_fit_for_load, DEBT_NONE, DEBT_SERVICE },
	{ 0 },
};

/* ---- what is next ---- */

/* policy/course.h decides, and nothing else. */
static int find_course(struct host_run *s, enum course *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	const struct rollout_target *m = s->target;

	if (store_rollout_find(s->shared->request->store, s->shared->rollout, &row, err) < 0)
		return -1;
	s->wish = row.wish;

	const struct course_facts facts = {
		.direction = s->direction,
		.is_begun = s->is_begun,
		.outcome = s->outcome,
		.is_changed = s->progress.now.is_changed,
		.is_sound = host_progress_is_sound(&s->progress),
		.is_owed_way_back = s->is_owed[DEBT_WAY_BACK],
		.has_way_back = m->way && m->way->kind != WAY_BACK_IS_NONE,
		.on_failure = m->place.group->on_failure,
		.wish = row.wish,
		.is_held = s->shared->is_held,
	};

	*out = course_decide(&facts);
	return 0;
}

static int run_step(struct host_run *s, const struct step_spec *step_spec, struct error *failed,
	struct error *err)
{
	int result = 0;

	s->is_continued = s->is_resumed && step_spec->step == s->open_step;
	result = host_run_do(s, step_spec, failed, err);
	if (s->is_continued)
		s->is_resumed = s->is_continued = false;
	s->outcome = s->progress.outcome;
	return result;
}

/*
 * Is there no need for this step of a way? A resumed attempt goes on with the step at which it was cut off, which is
 * asked for what came of it though it may be needless by now.
 */
static int find_needless(
	struct host_run *s, const struct step_spec *step_spec, bool *out, struct error *err)
{
	*out = !step_spec->is_wanted(s);
	if (!s->is_resumed)
		return 0;
	if (step_spec->step != s->open_step)
		return *out = true, 0;
	if (!*out || !s->is_absent)
		return *out = false, 0;
	s->is_resumed = false;
	return host_run_forgo_open(s, err);
}

/* In this attempt. */
static bool was_run(const struct host_run *s, enum step step)
{
	return s->progress.attempts == s->attempt && s->progress.was_run[step];
}

/* ---- there ---- */

static void judge_failure(struct host_run *s, enum step step, const struct error *failed)
{
	bool is_away = failed->kind == ERR_UNREACHABLE;

	target_fail(s->target, is_away ? FAILURE_UNREACHABLE : failure_of_step(step), "%s: %s",
		step_name(step), failed->text);
}

/* Somebody cancelled the rollout: it does not get to this step. */
static void judge_cancelled(struct host_run *s, enum step step, enum course course)
{
	if (course == COURSE_SPARE)
		target_judge(s->target, HOST_SKIPPED, "cancelled before it was changed");
	else
		target_fail(s->target, failure_of_step(step), "%s: cancelled before it began",
			step_name(step));
}

/* There, as long as that is its course. The target has its verdict then. */
static int go_there(struct host_run *s, enum course *course, struct error *err)
{
	for (const struct step_spec *step_spec = there; step_spec->run; step_spec++) {
		struct error failed = { 0 };
		bool is_needless = false;

		if (find_needless(s, step_spec, &is_needless, err) < 0)
			return -1;
		if (is_needless)
			continue;
		if (find_course(s, course, err) < 0)
			return -1;
		if (*course != COURSE_GO_ON) {
			judge_cancelled(s, step_spec->step, *course);
			return 0;
		}
		if (run_step(s, step_spec, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE) {
			judge_failure(s, step_spec->step, &failed);
			return find_course(s, course, err);
		}
	}
	target_judge(s->target, s->progress.now.is_changed ? HOST_DONE : HOST_NOTHING_TO_DO, "%s",
		str_text(&s->remarks));
	return 0;
}

/* ---- back ---- */

static int owe_way_back(struct host_run *s, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	const struct debt_row debt = { s->target->place.host->name, DEBT_WAY_BACK,
		r->environment->name, s->shared->rollout, 0 };
	CLEANUP(free)
	char *reason = mem_printf("rollout-%lld: %s went back: %s", (long long)s->shared->rollout,
		debt.host, s->target->reason);

	return store_environment_hold(r->store, r->environment->name, reason, r->actor, err) < 0
		       ? -1
		       : store_debt_make(r->store, &debt, r->actor, err);
}

/*
 * It goes back by itself. From the first host that does, nothing enters the environment until a person lifts that; in
 * one transaction with its debt, so that a program that dies leaves both or none.
 */
static int turn_back(struct host_run *s, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = s->shared->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || owe_way_back(s, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* Whatever came before, the reason keeps it. @param failed  NULL when it is back. */
static void judge_return(struct host_run *s, enum step step, const char *failed)
{
	struct rollout_target *m = s->target;
	CLEANUP(free) char *before = mem_strdup(m->reason);

	if (!failed) {
		target_return(m, HOST_REVERTED, "%s%staken back by %s", before, *before ? "; " : "",
			m->way ? way_back_kind_name(m->way->kind) : "");
		return;
	}
	if (m->failure == FAILURE_NONE)
		m->failure = failure_of_step(step);
	target_fail(m, m->failure, "%s%snot taken back: %s: %s", before, *before ? "; " : "",
		step_name(step), failed);
}

/* It is what it was, and that alone was asked of the way; what is not well is for people. */
static void judge_unwell(struct host_run *s, const char *words)
{
	struct rollout_target *m = s->target;
	CLEANUP(free) char *before = mem_strdup(m->reason);

	if (m->failure == FAILURE_NONE)
		m->failure = FAILURE_VERIFY;
	target_return(m, HOST_UNWELL, "%s%staken back by %s, but not well: %s", before,
		*before ? "; " : "", m->way ? way_back_kind_name(m->way->kind) : "", words);
}

/* A program died between the end of the way back and the verdict: what is left is to say so. */
static int stay_back(struct host_run *s, struct error *err)
{
	judge_return(s, STEP_REVERT, NULL);
	return host_run_pay_debt(s, &back[BACK_REVERT], err);
}

/* Back, as long as that is its course. The target has its verdict then. */
static int go_back(struct host_run *s, enum course *course, struct error *err)
{
	s->direction = DIRECTION_BACK;
	s->outcome = STEP_STATE_DONE; /* of this way, no step has failed yet */
	if (!s->progress.now.is_changed && host_progress_is_sound(&s->progress))
		return stay_back(s, err);
	for (const struct step_spec *step_spec = back; step_spec->run; step_spec++) {
		struct error failed = { 0 };
		bool is_needless = false;

		if (find_needless(s, step_spec, &is_needless, err) < 0)
			return -1;
		if (is_needless || (was_run(s, step_spec->step) && !s->is_resumed))
			continue;
		if (find_course(s, course, err) < 0)
			return -1;
		if (*course != COURSE_GO_ON) {
			judge_return(s, step_spec->step, "cancelled before it began");
			return 0;
		}
		if (run_step(s, step_spec, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE) {
			if (s->outcome == STEP_STATE_UNWELL)
				judge_unwell(s, failed.text);
			else
				judge_return(s, step_spec->step, failed.text);
			return find_course(s, course, err);
		}
	}
	judge_return(s, STEP_REVERT, NULL);
	return 0;
}

/* ---- hands off, or no further ---- */

/* Nobody knows yet what it comes to. */
static void judge_at_work(struct host_run *s)
{
	struct rollout_target *m = s->target;

	if (m->verdict == HOST_FAILED || m->verdict == HOST_UNREACHABLE)
		return;
	target_fail(m, failure_of_step(s->open_step),
		"it may still be at %s of rollout-%lld, and is left alone until that has ended",
		step_name(s->open_step), (long long)s->open_rollout);
}

/* Its environment is held: it is what earlier programs made of it. */
static void judge_stopped(struct host_run *s)
{
	const struct host_progress *p = &s->progress;
	struct rollout_target *m = s->target;

	if (m->verdict != HOST_RUNNING)
		return;
	if (!p->now.is_changed && p->was_run[STEP_REVERT] && !host_progress_is_sound(p))
		judge_unwell(s, "as the last look at it said");
	else if (!p->now.is_changed && p->was_run[STEP_REVERT])
		judge_return(s, STEP_REVERT, NULL);
	else if (!p->now.is_changed)
		target_judge(m, HOST_WAITING, "held before it was changed");
	else if (p->now.proof == PROOF_GIVEN)
		target_judge(m, HOST_DONE, "%s", "");
	else
		target_fail(m, failure_of_step(p->step), "%s: held before it was proved",
			step_name(p->step));
}

/* ---- the whole walk ---- */

/* What is still owed is given back. A host that went well and does not get it has failed after all. */
static int host_settle(struct host_run *s, struct error *err)
{
	for (const struct step_spec *step_spec = settlement; step_spec->run; step_spec++) {
		struct error failed = { 0 };
		size_t told = s->remarks.size;
		enum course course;

		if (was_run(s, step_spec->step) || !step_spec->is_wanted(s))
			continue;
		if (find_course(s, &course, err) < 0)
			return -1;
		if (course == COURSE_LEAVE)
			return 0;
		if (run_step(s, step_spec, &failed, err) < 0)
			return -1;
		if (s->remarks.size > told)
			target_remark(s->target, "%s",
				str_text(&s->remarks) + told + (told ? strlen("; ") : 0));
		if (failed.kind != ERR_NONE && s->target->failure == FAILURE_NONE)
			judge_failure(s, step_spec->step, &failed);
	}
	return 0;
}

/* Attempts are counted over the whole rollout: a continued one must not find its old steps. */
static int read_journal(struct host_run *s, struct error *err)
{
	const struct host_run_shared *w = s->shared;
	const char *host = s->target->place.host->name;
	struct journal j;

	if (journal_read(w->request->store, w->rollout, host, w->direction, &j, err) < 0)
		return -1;
	s->outcome = STEP_STATE_DONE;
	s->progress = j.progress;
	s->has_failed = j.has_failed;
	s->attempt = j.progress.attempts + 1;
	return 0;
}

/* What another rollout did to a host to which it still owes something is not known. */
static void read_debt(struct host_run *s, const struct debt_row *row)
{
	bool is_ours = row->rollout == s->shared->rollout;

	s->is_owed[row->debt] = is_ours || row->debt != DEBT_WAY_BACK;
	if (!is_ours && s->progress.now.proof == PROOF_NEEDLESS)
		s->progress.now.proof = PROOF_OWED;
}

static int read_debts(struct host_run *s, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };

	if (store_debts_of(s->shared->request->store, s->target->place.host->name, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		read_debt(s, &rows.items[i]);
	return 0;
}

/* Who is left without load must not have to be looked for. */
static void tell_left_out(const struct host_run *s)
{
	struct rollout_target *m = s->target;

	if (!s->is_owed[DEBT_SERVICE])
		return;
	if (step_state_is_open(s->outcome)) /* load is not given back beside what it may be at */
		target_remark(m, "left out of service: whoever goes on with it asks it first");
	else
		target_remark(m,
			"left out of service: once it is well, 'patchline undrain %s' gives load back",
			m->place.host->name);
}

static int host_move(const struct host_run_shared *w, const struct rollout_target *m,
	enum host_verdict from, enum host_verdict to, struct error *err)
{
	struct rollout_host_move move = {
		.rollout = w->rollout,
		.host = m->place.host->name,
		.from = from,
		.to = to,
		.failure = to == HOST_RUNNING ? FAILURE_NONE : m->failure,
		.reason = to == HOST_RUNNING ? NULL : m->reason,
		.state_before = m->state_before,
		.state_after = m->state_after,
	};

	return store_rollout_host_move(w->request->store, &move, w->request->actor, err);
}

static int host_begin(struct host_run *s, enum host_verdict from, struct error *err)
{
	s->is_begun = true;
	return host_move(s->shared, s->target, from, HOST_RUNNING, err);
}

static int host_end(struct host_run *s, struct error *err)
{
	const struct rollout_watch *watch = &s->shared->request->watch;
	struct rollout_target *m = s->target;

	if (host_settle(s, err) < 0)
		return -1;
	tell_left_out(s);
	if (host_move(s->shared, m, HOST_RUNNING, m->verdict, err) < 0)
		return -1;
	m->was_changed = s->progress.now.is_changed;
	m->is_at_work = step_state_is_open(s->outcome);
	session_disconnect(m->session);
	if (watch->on_verdict) {
		pthread_mutex_lock(s->shared->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(s->shared->watch);
	}
	return 0;
}

static int follow(struct host_run *s, enum course course, struct error *err)
{
	switch (course) {
	case COURSE_GO_ON:
		if (s->direction == DIRECTION_BACK)
			return go_back(s, &course, err);
		if (go_there(s, &course, err) < 0)
			return -1;
		if (course != COURSE_GO_BACK)
			return 0;
		return turn_back(s, err) < 0 ? -1 : go_back(s, &course, err);
	case COURSE_GO_BACK:
		return go_back(s, &course, err);
	case COURSE_LEAVE:
		judge_at_work(s);
		return 0;
	case COURSE_STOP:
	case COURSE_SPARE:
		judge_stopped(s);
		return 0;
	case COURSE_WAIT:
	case COURSE_COUNT:
		break;
	}
	return 0;
}

/* What earlier programs left is taken over, and the host looked at where nobody has yet. */
static int look_and_take(struct host_run *s, enum course *course, struct error *err)
{
	bool is_to_see = s->target->is_unseen && *course == COURSE_GO_ON &&
			 s->direction == DIRECTION_FORWARD;

	if (*course == COURSE_LEAVE)
		return 0;
	if (is_to_see && host_run_look(s, err) < 0)
		return -1;
	if (s->target->failure != FAILURE_NONE && is_to_see)
		*course = COURSE_STOP;
	return host_run_take_open(s, *course, err);
}

static int host_course(struct host_run *s, struct error *err)
{
	enum host_verdict verdict = s->target->verdict;
	enum course course = COURSE_WAIT;

	host_run_fill_order(s);
	if (read_journal(s, err) < 0 || read_debts(s, err) < 0 || find_course(s, &course, err) < 0)
		return -1;
	if (course == COURSE_WAIT)
		return 0;
	if (host_run_await_open(s, err) < 0 || find_course(s, &course, err) < 0)
		return -1;
	if (course == COURSE_WAIT)
		return 0;
	if (look_and_take(s, &course, err) < 0 || host_begin(s, verdict, err) < 0 ||
		follow(s, course, err) < 0)
		return -1;
	return host_end(s, err);
}

int host_run_drive(const struct host_run_shared *w, struct rollout_target *m, struct error *err)
{
	CLEANUP(host_run_done)
	struct host_run s = { .shared = w, .target = m, .direction = w->direction };
	int result = 0;

	pthread_mutex_lock(&m->turn);
	result = host_course(&s, err);
	pthread_mutex_unlock(&m->turn);
	return result < 0 ? error_wrap(err, "host '%s'", m->place.host->name) : 0;
}

void host_run_stage_ahead(const struct host_run_shared *w, struct rollout_target *m)
{
	int64_t until = clock_monotonic_ms() + m->place.group->step_timeout * MS;
	CLEANUP(host_run_done) struct host_run s = { .shared = w, .target = m, .until_ms = until };
	struct error ignored;

	pthread_mutex_lock(&m->turn);
	if (m->verdict == HOST_WAITING && !m->is_unseen && has_changes(&s)) {
		host_run_fill_order(&s);
		(void)!host_run_stage(&s, &ignored);
	}
	pthread_mutex_unlock(&m->turn);
}
