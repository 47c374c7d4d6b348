/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/walk.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/session.h"
#include "model/config.h"
#include "plan/plan.h"
#include "policy/course.h"
#include "rollout/journal.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/way.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static bool has_changes(const struct stride *s)
{
	return plan_change_count(s->member->plan);
}

/* Where the policy is always, only the host knows whether it was changed in this boot, by whichever rollout. */
static bool may_reboot(const struct stride *s)
{
	enum reboot_policy policy = stride_reboot_policy(s);

	return policy == REBOOT_ALWAYS ||
	       (policy != REBOOT_NEVER && (has_changes(s) || s->progress.now.is_reboot_owed ||
						  s->member->is_reboot_required));
}

static bool may_restart(const struct stride *s)
{
	return s->member->place.group->restart == RESTART_AUTO &&
	       (has_changes(s) || s->progress.now.is_changed || s->member->is_stale);
}

static bool are_updaters_owed(const struct stride *s)
{
	return s->is_owed[DEBT_UPDATERS];
}

/*
 * Load leaves a host only when something is done to it: one that was proved, and only proves it again, serves on. It
 * may be the last that does.
 */
static bool may_disturb(const struct stride *s)
{
	bool is_proved = s->progress.now.proof == PROOF_GIVEN;
	bool is_to_change = has_changes(s) || (!is_proved && (may_reboot(s) || may_restart(s)));

	return s->member->place.group->drain.driver != DRAIN_NONE && is_to_change;
}

/* Load returns only to a host that is sound. */
static bool is_fit_for_load(const struct stride *s)
{
	return s->is_owed[DEBT_SERVICE] && host_progress_is_sound(&s->progress);
}

/* One that is changed already has its snapshot, of the moment before that. */
static bool may_snapshot(const struct stride *s)
{
	const struct way *way = s->member->way;

	return way && way->kind == WAY_SNAPSHOT && has_changes(s) && !s->progress.now.is_changed;
}

/* Where load was not taken from it on the way there. */
static bool may_disturb_back(const struct stride *s)
{
	return s->member->place.group->drain.driver != DRAIN_NONE && !s->is_owed[DEBT_SERVICE];
}

static bool is_always(const struct stride *s)
{
	(void)s;
	return true;
}

/* There, in this order; a host with nothing to change only has to prove that it is, and runs, what it should. */
static const struct leg there[] = {
	{ STEP_STAGE, stride_stage, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_HOLD_UPDATERS, stride_hold_updaters, has_changes, DEBT_UPDATERS, DEBT_NONE },
	{ STEP_PRECHECK, stride_precheck, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_DRAIN, stride_drain, may_disturb, DEBT_SERVICE, DEBT_NONE },
	{ STEP_SNAPSHOT, stride_snapshot, may_snapshot, DEBT_NONE, DEBT_NONE },
	{ STEP_APPLY, stride_apply, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_REBOOT, stride_reboot, may_reboot, DEBT_NONE, DEBT_NONE },
	{ STEP_RESTART, stride_restart, may_restart, DEBT_NONE, DEBT_NONE },
	{ STEP_FREE_UPDATERS, stride_free_updaters, are_updaters_owed, DEBT_NONE, DEBT_UPDATERS },
	{ STEP_VERIFY, stride_verify, is_always, DEBT_NONE, DEBT_NONE },
	{ 0 },
};

/* Places in back[]. */
enum { BACK_DRAIN, BACK_REVERT, BACK_END };

/* Back, of a host that was changed; what was done in the same attempt on the way there is not done again. */
static const struct leg back[] = {
	[BACK_DRAIN] = { STEP_DRAIN, stride_drain, may_disturb_back, DEBT_SERVICE, DEBT_NONE },
	[BACK_REVERT] = { STEP_REVERT, stride_revert, is_always, DEBT_WAY_BACK, DEBT_WAY_BACK },
	[BACK_END] = { 0 },
};

/* What is given back to a host in the end, however it went. */
static const struct leg settlement[] = {
	{ STEP_FREE_UPDATERS, stride_free_updaters, are_updaters_owed, DEBT_NONE, DEBT_UPDATERS },
	{ STEP_UNDRAIN, stride_undrain, is_fit_for_load, DEBT_NONE, DEBT_SERVICE },
	{ 0 },
};

/* ---- what is next ---- */

/* policy/course.h decides, and nothing else. */
static int find_course(struct stride *s, enum course *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	const struct member *m = s->member;

	if (store_rollout_find(s->walk->request->store, s->walk->rollout, &row, err) < 0)
		return -1;
	s->wish = row.wish;

	const struct course_facts facts = {
		.direction = s->direction,
		.is_begun = s->is_begun,
		.outcome = s->outcome,
		.is_changed = s->progress.now.is_changed,
		.is_sound = host_progress_is_sound(&s->progress),
		.is_owed_way_back = s->is_owed[DEBT_WAY_BACK],
		.has_way_back = m->way && m->way->kind != WAY_NONE,
		.on_failure = m->place.group->on_failure,
		.wish = row.wish,
		.is_held = s->walk->is_held,
	};

	*out = course_decide(&facts);
	return 0;
}

static int run_leg(struct stride *s, const struct leg *leg, struct error *failed, struct error *err)
{
	int result = 0;

	s->is_continued = s->is_resumed && leg->step == s->open_step;
	result = stride_run_leg(s, leg, failed, err);
	if (s->is_continued)
		s->is_resumed = s->is_continued = false;
	s->outcome = s->progress.outcome;
	return result;
}

/*
 * Is there no need for this step of a way? A resumed attempt goes on with the step at which it was cut off, which is
 * asked for what came of it though it may be needless by now.
 */
static int find_needless(struct stride *s, const struct leg *leg, bool *out, struct error *err)
{
	*out = !leg->is_wanted(s);
	if (!s->is_resumed)
		return 0;
	if (leg->step != s->open_step)
		return *out = true, 0;
	if (!*out || !s->is_absent)
		return *out = false, 0;
	s->is_resumed = false;
	return stride_forgo_open(s, err);
}

/* In this attempt. */
static bool was_run(const struct stride *s, enum step step)
{
	return s->progress.attempts == s->attempt && s->progress.was_run[step];
}

/* ---- there ---- */

static void judge_failure(struct stride *s, enum step step, const struct error *failed)
{
	bool is_away = failed->kind == ERR_UNREACHABLE;

	member_fail(s->member, is_away ? FAILURE_UNREACHABLE : failure_of_step(step), "%s: %s",
		step_name(step), failed->text);
}

/* Somebody cancelled the rollout: it does not get to this step. */
static void judge_cancelled(struct stride *s, enum step step, enum course course)
{
	if (course == COURSE_SPARE)
		member_judge(s->member, HOST_SKIPPED, "cancelled before it was changed");
	else
		member_fail(s->member, failure_of_step(step), "%s: cancelled before it began",
			step_name(step));
}

/* There, as long as that is its course. The member has its verdict then. */
static int go_there(struct stride *s, enum course *course, struct error *err)
{
	for (const struct leg *leg = there; leg->run; leg++) {
		struct error failed = { 0 };
		bool is_needless = false;

		if (find_needless(s, leg, &is_needless, err) < 0)
			return -1;
		if (is_needless)
			continue;
		if (find_course(s, course, err) < 0)
			return -1;
		if (*course != COURSE_GO_ON) {
			judge_cancelled(s, leg->step, *course);
			return 0;
		}
		if (run_leg(s, leg, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE) {
			judge_failure(s, leg->step, &failed);
			return find_course(s, course, err);
		}
	}
	member_judge(s->member, s->progress.now.is_changed ? HOST_DONE : HOST_NOTHING_TO_DO, "%s",
		str_text(&s->remarks));
	return 0;
}

/* ---- back ---- */

static int owe_way_back(struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct debt_row debt = { s->member->place.host->name, DEBT_WAY_BACK,
		r->environment->name, s->walk->rollout, 0 };
	CLEANUP(free)
	char *reason = mem_printf("rollout-%lld: %s went back: %s", (long long)s->walk->rollout,
		debt.host, s->member->reason);

	return store_environment_hold(r->store, r->environment->name, reason, r->actor, err) < 0
		       ? -1
		       : store_debt_make(r->store, &debt, r->actor, err);
}

/*
 * It goes back by itself. From the first host that does, nothing enters the environment until a person lifts that; in
 * one transaction with its debt, so that a program that dies leaves both or none.
 */
static int turn_back(struct stride *s, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = s->walk->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || owe_way_back(s, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* Whatever came before, the reason keeps it. @param failed  NULL when it is back. */
static void judge_return(struct stride *s, enum step step, const char *failed)
{
	struct member *m = s->member;
	CLEANUP(free) char *before = mem_strdup(m->reason);

	if (!failed) {
		member_return(m, "%s%staken back by %s", before, *before ? "; " : "",
			m->way ? way_kind_name(m->way->kind) : "");
		return;
	}
	if (m->failure == FAILURE_NONE)
		m->failure = failure_of_step(step);
	member_fail(m, m->failure, "%s%snot taken back: %s: %s", before, *before ? "; " : "",
		step_name(step), failed);
}

/* A program died between the end of the way back and the verdict: what is left is to say so. */
static int stay_back(struct stride *s, struct error *err)
{
	judge_return(s, STEP_REVERT, NULL);
	return stride_pay_debt(s, &back[BACK_REVERT], err);
}

/* Back, as long as that is its course. The member has its verdict then. */
static int go_back(struct stride *s, enum course *course, struct error *err)
{
	s->direction = DIRECTION_BACK;
	s->outcome = STEP_STATE_DONE; /* of this way, no step has failed yet */
	if (!s->progress.now.is_changed)
		return stay_back(s, err);
	for (const struct leg *leg = back; leg->run; leg++) {
		struct error failed = { 0 };
		bool is_needless = false;

		if (find_needless(s, leg, &is_needless, err) < 0)
			return -1;
		if (is_needless || (was_run(s, leg->step) && !s->is_resumed))
			continue;
		if (find_course(s, course, err) < 0)
			return -1;
		if (*course != COURSE_GO_ON) {
			judge_return(s, leg->step, "cancelled before it began");
			return 0;
		}
		if (run_leg(s, leg, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE) {
			judge_return(s, leg->step, failed.text);
			return find_course(s, course, err);
		}
	}
	judge_return(s, STEP_REVERT, NULL);
	return 0;
}

/* ---- hands off, or no further ---- */

/* Nobody knows yet what it comes to. */
static void judge_at_work(struct stride *s)
{
	struct member *m = s->member;

	if (m->verdict == HOST_FAILED || m->verdict == HOST_UNREACHABLE)
		return;
	member_fail(m, failure_of_step(s->open_step),
		"it may still be at %s of rollout-%lld, and is left alone until that has ended",
		step_name(s->open_step), (long long)s->open_rollout);
}

/* Its environment is held: it is what earlier programs made of it. */
static void judge_stopped(struct stride *s)
{
	const struct host_progress *p = &s->progress;
	struct member *m = s->member;

	if (m->verdict != HOST_RUNNING)
		return;
	if (!p->now.is_changed && p->was_run[STEP_REVERT])
		judge_return(s, STEP_REVERT, NULL);
	else if (!p->now.is_changed)
		member_judge(m, HOST_WAITING, "held before it was changed");
	else if (p->now.proof == PROOF_GIVEN)
		member_judge(m, HOST_DONE, "%s", "");
	else
		member_fail(m, failure_of_step(p->step), "%s: held before it was proved",
			step_name(p->step));
}

/* ---- the whole walk ---- */

/* What is still owed is given back. A host that went well and does not get it has failed after all. */
static int host_settle(struct stride *s, struct error *err)
{
	for (const struct leg *leg = settlement; leg->run; leg++) {
		struct error failed = { 0 };
		size_t told = s->remarks.size;
		enum course course;

		if (was_run(s, leg->step) || !leg->is_wanted(s))
			continue;
		if (find_course(s, &course, err) < 0)
			return -1;
		if (course == COURSE_LEAVE)
			return 0;
		if (run_leg(s, leg, &failed, err) < 0)
			return -1;
		if (s->remarks.size > told)
			member_remark(s->member, "%s",
				str_text(&s->remarks) + told + (told ? strlen("; ") : 0));
		if (failed.kind != ERR_NONE && s->member->failure == FAILURE_NONE)
			judge_failure(s, leg->step, &failed);
	}
	return 0;
}

/* Attempts are counted over the whole rollout: a continued one must not find its old steps. */
static int read_journal(struct stride *s, struct error *err)
{
	const struct walk *w = s->walk;
	const char *host = s->member->place.host->name;
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
static void read_debt(struct stride *s, const struct debt_row *row)
{
	bool is_ours = row->rollout == s->walk->rollout;

	s->is_owed[row->debt] = is_ours || row->debt != DEBT_WAY_BACK;
	if (!is_ours && s->progress.now.proof == PROOF_NEEDLESS)
		s->progress.now.proof = PROOF_OWED;
}

static int read_debts(struct stride *s, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };

	if (store_debts_of(s->walk->request->store, s->member->place.host->name, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		read_debt(s, &rows.items[i]);
	return 0;
}

/* Who is left without load must not have to be looked for. */
static void tell_left_out(const struct stride *s)
{
	struct member *m = s->member;

	if (!s->is_owed[DEBT_SERVICE])
		return;
	if (step_state_is_open(s->outcome)) /* load is not given back beside what it may be at */
		member_remark(m, "left out of service: promote again, which asks it first");
	else
		member_remark(m,
			"left out of service: promote again once it is well, or 'patchline undrain %s' gives load back",
			m->place.host->name);
}

static int host_move(const struct walk *w, const struct member *m, enum host_verdict from,
	enum host_verdict to, struct error *err)
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

static int host_begin(struct stride *s, enum host_verdict from, struct error *err)
{
	s->is_begun = true;
	return host_move(s->walk, s->member, from, HOST_RUNNING, err);
}

static int host_end(struct stride *s, struct error *err)
{
	const struct rollout_watch *watch = &s->walk->request->watch;
	struct member *m = s->member;

	if (host_settle(s, err) < 0)
		return -1;
	tell_left_out(s);
	if (host_move(s->walk, m, HOST_RUNNING, m->verdict, err) < 0)
		return -1;
	m->was_changed = s->progress.now.is_changed;
	m->is_at_work = step_state_is_open(s->outcome);
	session_disconnect(m->session);
	if (watch->on_verdict) {
		pthread_mutex_lock(s->walk->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(s->walk->watch);
	}
	return 0;
}

static int follow(struct stride *s, enum course course, struct error *err)
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
static int look_and_take(struct stride *s, enum course *course, struct error *err)
{
	bool is_to_see = s->member->is_unseen && *course == COURSE_GO_ON &&
			 s->direction == DIRECTION_FORWARD;

	if (*course == COURSE_LEAVE)
		return 0;
	if (is_to_see && stride_look(s, err) < 0)
		return -1;
	if (s->member->failure != FAILURE_NONE && is_to_see)
		*course = COURSE_STOP;
	return stride_take_open(s, *course, err);
}

static int host_walk(struct stride *s, struct error *err)
{
	enum host_verdict verdict = s->member->verdict;
	enum course course = COURSE_WAIT;

	stride_fill_order(s);
	if (read_journal(s, err) < 0 || read_debts(s, err) < 0 || find_course(s, &course, err) < 0)
		return -1;
	if (course == COURSE_WAIT)
		return 0;
	if (stride_await_open(s, err) < 0 || find_course(s, &course, err) < 0)
		return -1;
	if (course == COURSE_WAIT)
		return 0;
	if (look_and_take(s, &course, err) < 0 || host_begin(s, verdict, err) < 0 ||
		follow(s, course, err) < 0)
		return -1;
	return host_end(s, err);
}

int walk_host(const struct walk *w, struct member *m, struct error *err)
{
	CLEANUP(stride_done)
	struct stride s = { .walk = w, .member = m, .direction = w->direction };

	if (host_walk(&s, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	return 0;
}
