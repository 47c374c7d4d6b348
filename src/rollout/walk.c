/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/walk.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/connection.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/past.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/way.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"

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
	       (policy != REBOOT_NEVER &&
		       (has_changes(s) || s->is_reboot_owed || s->member->is_reboot_required));
}

static bool may_restart(const struct stride *s)
{
	return s->member->place.group->restart == RESTART_AUTO &&
	       (has_changes(s) || s->was_applied || s->member->is_stale);
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
	bool is_to_change = has_changes(s) || (!s->was_proved && (may_reboot(s) || may_restart(s)));

	return s->member->place.group->drain.driver != DRAIN_NONE && is_to_change;
}

/* Load returns only to a host that is sound. */
static bool is_fit_for_load(const struct stride *s)
{
	return s->is_owed[DEBT_SERVICE] && s->is_proven;
}

/* One that is changed already has its snapshot, of the moment before that. */
static bool may_snapshot(const struct stride *s)
{
	const struct way *way = s->member->way;

	return way && way->kind == WAY_SNAPSHOT && has_changes(s) && !s->was_applied;
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

/* ---- the ways ---- */

static int read_wish(const struct walk *w, enum rollout_wish *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(w->request->store, w->rollout, &row, err) < 0)
		return -1;
	*out = row.wish;
	return 0;
}

/* Somebody cancelled the rollout, and this host is still as it was. */
static int is_spared(const struct stride *s, const struct leg *leg, bool *out, struct error *err)
{
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(s->walk, &wish, err) < 0)
		return -1;
	*out = rollout_wish_is_final(wish) && leg->step <= STEP_APPLY && !s->was_changed;
	return 0;
}

static void judge_failure(struct stride *s, enum step step, const struct error *failed)
{
	bool is_away = failed->kind == ERR_UNREACHABLE;

	member_fail(s->member, is_away ? FAILURE_UNREACHABLE : failure_of_step(step), "%s: %s",
		step_name(step), failed->text);
}

/* There, until a step fails or the rollout is cancelled. The member has its verdict then. */
static int go_there(struct stride *s, struct error *err)
{
	for (const struct leg *leg = there; leg->run; leg++) {
		struct error failed = { 0 };
		bool is_to_stay = false;

		if (!leg->is_wanted(s))
			continue;
		if (is_spared(s, leg, &is_to_stay, err) < 0)
			return -1;
		if (is_to_stay) {
			member_judge(s->member, HOST_SKIPPED, "cancelled before it was changed");
			return 0;
		}
		if (stride_run_leg(s, leg, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE) {
			judge_failure(s, leg->step, &failed);
			return 0;
		}
	}
	member_judge(s->member, s->was_changed ? HOST_DONE : HOST_NOTHING_TO_DO, "%s",
		str_text(&s->remarks));
	return 0;
}

/* ---- back ---- */

/* From the first host that goes back by itself on, nothing enters the environment until a person lifts that. */
static int hold(const struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	CLEANUP(free)
	char *reason = mem_printf("rollout-%lld: %s went back: %s", (long long)s->walk->rollout,
		s->member->place.host->name, s->member->reason);

	return store_environment_hold(r->store, r->environment->name, reason, r->actor, err);
}

/* Whatever came before, the reason keeps it. */
static void judge_return(struct stride *s, enum step step, const struct error *failed)
{
	struct member *m = s->member;
	CLEANUP(free) char *before = mem_strdup(m->reason);

	if (failed->kind == ERR_NONE) {
		member_return(m, "%s%staken back by %s", before, *before ? "; " : "",
			m->way ? way_kind_name(m->way->kind) : "");
		return;
	}
	if (m->failure == FAILURE_NONE)
		m->failure = failure_of_step(step);
	member_fail(m, m->failure, "%s%snot taken back: %s: %s", before, *before ? "; " : "",
		step_name(step), failed->text);
}

/* Until a step fails. The member has its verdict then. */
static int go_back(struct stride *s, struct error *err)
{
	for (const struct leg *leg = back; leg->run; leg++) {
		struct error failed = { 0 };

		if (s->was_run[leg->step] || !leg->is_wanted(s))
			continue;
		if (stride_run_leg(s, leg, &failed, err) < 0)
			return -1;
		if (failed.kind != ERR_NONE || leg->step == STEP_REVERT)
			judge_return(s, leg->step, &failed);
		if (failed.kind != ERR_NONE)
			return 0;
	}
	s->was_changed = false;
	return 0;
}

/* A program died between the end of the way back and the verdict: what is left is to say so. */
static int stay_back(struct stride *s, struct error *err)
{
	static const struct error nothing = { 0 };

	judge_return(s, STEP_REVERT, &nothing);
	return stride_pay_debt(s, &back[BACK_REVERT], err);
}

/* It was changed, is not well, and its group wants it back. */
static bool is_to_go_back(const struct stride *s)
{
	const struct member *m = s->member;

	return m->failure != FAILURE_NONE && s->was_changed && !s->is_proven && m->way &&
	       m->way->kind != WAY_NONE && m->place.group->on_failure != ON_FAILURE_STOP;
}

static int go_back_by_itself(struct stride *s, struct error *err)
{
	if (!is_to_go_back(s))
		return 0;
	return hold(s, err) < 0 ? -1 : go_back(s, err);
}

/* ---- the whole walk ---- */

/* What is still owed is given back. A host that went well and does not get it has failed after all. */
static int settle(struct stride *s, struct error *err)
{
	for (const struct leg *leg = settlement; leg->run; leg++) {
		struct error failed = { 0 };
		size_t told = s->remarks.size;

		if (s->was_run[leg->step] || !leg->is_wanted(s))
			continue;
		if (stride_run_leg(s, leg, &failed, err) < 0)
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
static int take_past(struct stride *s, struct error *err)
{
	struct past past;

	if (past_read(s->walk->request->store, s->walk->rollout, s->member->place.host->name, &past,
		    err) < 0)
		return -1;
	s->attempt = past.attempts + 1;
	s->was_applied = s->was_changed = past.is_applied;
	s->was_returned = past.is_returned;
	s->was_proved = past.was_proved;
	s->is_proven = past.is_proven;
	s->is_reboot_owed = past.is_reboot_owed;
	return 0;
}

static int read_debts(struct stride *s, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };

	if (store_debts_of(s->walk->request->store, s->member->place.host->name, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		s->is_owed[rows.items[i].debt] = true;
		if (rows.items[i].rollout !=
			s->walk->rollout) /* what that did to it is not known */
			s->is_proven = false;
	}
	return 0;
}

/* Who is left without load must not have to be looked for. */
static void tell_left_out(const struct stride *s)
{
	struct member *m = s->member;

	if (!s->is_owed[DEBT_SERVICE])
		return;
	member_remark(m,
		"left out of service: promote again once it is well, or 'patchline undrain %s' gives load back",
		m->place.host->name);
}

static int move(const struct walk *w, const struct member *m, enum host_verdict from,
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

static int see(struct stride *s, struct error *err)
{
	stride_fill_order(s);
	return take_past(s, err) < 0 ? -1 : read_debts(s, err);
}

static int begin(struct stride *s, struct error *err)
{
	return move(s->walk, s->member, s->member->verdict, HOST_RUNNING, err);
}

static int end(struct stride *s, struct error *err)
{
	const struct rollout_watch *watch = &s->walk->request->watch;
	struct member *m = s->member;

	if (settle(s, err) < 0)
		return -1;
	tell_left_out(s);
	if (move(s->walk, m, HOST_RUNNING, m->verdict, err) < 0)
		return -1;
	m->was_changed = s->was_changed;
	connection_close(STEAL(&m->connection));
	if (watch->on_verdict) {
		pthread_mutex_lock(s->walk->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(s->walk->watch);
	}
	return 0;
}

int walk_host(const struct walk *w, struct member *m, struct error *err)
{
	CLEANUP(stride_done) struct stride s = { .walk = w, .member = m, .is_proven = true };
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(w, &wish, err) < 0)
		return -1;
	if (wish != WISH_NONE)
		return 0;
	if (see(&s, err) < 0 || begin(&s, err) < 0 || go_there(&s, err) < 0 ||
		go_back_by_itself(&s, err) < 0 || end(&s, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	return 0;
}

/* What is owed to a host is done whatever somebody wishes by now. */
static int may_wait(const struct stride *s, bool *out, struct error *err)
{
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(s->walk, &wish, err) < 0)
		return -1;
	*out = wish != WISH_NONE && !s->is_owed[DEBT_WAY_BACK];
	return 0;
}

static int walk_back(struct stride *s, struct error *err)
{
	bool is_to_wait = false;

	if (see(s, err) < 0 || may_wait(s, &is_to_wait, err) < 0)
		return -1;
	if (is_to_wait)
		return 0;
	if (begin(s, err) < 0)
		return -1;
	s->was_changed = !s->was_returned; /* if not by this rollout, by the one that it undoes */
	if ((s->was_returned ? stay_back(s, err) : go_back(s, err)) < 0)
		return -1;
	return end(s, err);
}

int walk_host_back(const struct walk *w, struct member *m, struct error *err)
{
	CLEANUP(stride_done) struct stride s = { .walk = w, .member = m };

	if (walk_back(&s, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	return 0;
}
