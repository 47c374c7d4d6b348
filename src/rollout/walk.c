/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/walk.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "fleet/connection.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "store/debt.h"
#include "store/holding.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdlib.h>
#include <string.h>

#define LOG_LIMIT     ((size_t)256 * 1024)
#define REBOOT_MARGIN 60 /* seconds, beside what the host may take to come back */
#define MS            1000

static void stride_done_p(struct stride *s)
{
	free(s->changes);
	str_done(&s->log);
	str_done(&s->remarks);
}

static bool has_changes(const struct stride *s)
{
	return plan_change_count(s->member->plan);
}

static bool may_reboot(const struct stride *s)
{
	return s->member->place.group->reboot != REBOOT_NEVER &&
	       (has_changes(s) || s->is_reboot_owed || s->member->is_reboot_required);
}

static bool may_restart(const struct stride *s)
{
	return s->member->place.group->restart == RESTART_AUTO &&
	       (has_changes(s) || s->was_applied || s->member->is_stale);
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

static bool is_always(const struct stride *s)
{
	(void)s;
	return true;
}

/* One step of a way. */
struct leg {
	enum step step;
	stride_step *run;
	bool (*is_wanted)(const struct stride *s);
	enum debt makes, pays; /* written down before it is done; after it was */
};

/* There, in this order; a host with nothing to change only has to prove that it is, and runs, what it should. */
static const struct leg there[] = {
	{ STEP_STAGE, stride_stage, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_PRECHECK, stride_precheck, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_DRAIN, stride_drain, may_disturb, DEBT_SERVICE, DEBT_NONE },
	{ STEP_APPLY, stride_apply, has_changes, DEBT_NONE, DEBT_NONE },
	{ STEP_REBOOT, stride_reboot, may_reboot, DEBT_NONE, DEBT_NONE },
	{ STEP_RESTART, stride_restart, may_restart, DEBT_NONE, DEBT_NONE },
	{ STEP_VERIFY, stride_verify, is_always, DEBT_NONE, DEBT_NONE },
	{ 0 },
};

/* What is given back to a host in the end, however it went. */
static const struct leg settlement[] = {
	{ STEP_UNDRAIN, stride_undrain, is_fit_for_load, DEBT_NONE, DEBT_SERVICE },
	{ 0 },
};

/* ---- one step ---- */

static void tell_step(
	const struct stride *s, enum step step, enum step_state state, int64_t elapsed_ms)
{
	const struct rollout_watch *watch = &s->walk->request->watch;

	if (!watch->on_step)
		return;
	pthread_mutex_lock(s->walk->watch);
	watch->on_step(watch->context, s->member->place.host->name, step, state, elapsed_ms);
	pthread_mutex_unlock(s->walk->watch);
}

int64_t stride_left_ms(const struct stride *s)
{
	int64_t left = s->until_ms - clock_monotonic_ms();

	return left > MS ? left : MS;
}

/* Seconds. */
static int64_t lease_of(const struct stride *s, enum step step)
{
	const struct group *group = s->member->place.group;
	int64_t reboot = group->reboot_timeout + REBOOT_MARGIN;

	return step == STEP_REBOOT && reboot > group->step_timeout ? reboot : group->step_timeout;
}

static int make_debt(struct stride *s, enum debt debt, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct debt_row row = { s->member->place.host->name, debt, r->environment->name,
		s->walk->rollout, 0 };

	if (debt == DEBT_NONE || (debt == DEBT_SERVICE && !stride_has_load(s)))
		return 0;
	s->is_owed[debt] = true;
	return store_debt_make(r->store, &row, r->actor, err);
}

static int pay_debt(struct stride *s, const struct leg *leg, struct error *err)
{
	const struct rollout_request *r = s->walk->request;

	if (leg->pays == DEBT_NONE)
		return 0;
	s->is_owed[leg->pays] = false;
	return store_debt_pay(r->store, s->member->place.host->name, leg->pays,
		step_name(leg->step), r->actor, err);
}

/* What it means for the host that this step is about to be done, and that it went well, or how not. */
static void note_start(struct stride *s, enum step step)
{
	s->was_run[step] = true;
	s->was_changed |= step == STEP_APPLY;
	s->is_proven &= step != STEP_APPLY && step != STEP_REBOOT && step != STEP_RESTART;
}

static void note_end(struct stride *s, enum step step, const struct error *failed)
{
	bool is_good = failed->kind == ERR_NONE;

	if (step == STEP_VERIFY || step == STEP_REVERT)
		s->is_proven = is_good;
	if (step == STEP_APPLY && failed->kind == ERR_REFUSED) { /* nothing was changed */
		s->was_changed = s->was_applied;
		s->is_proven = !s->was_applied;
	}
}

static int end_step(struct stride *s, const struct leg *leg, const struct step_key *key,
	const struct error *failed, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct error *cause = failed->kind == ERR_NONE ? NULL : failed;

	if (s->log.size > LOG_LIMIT)
		s->log.text[LOG_LIMIT] = '\0';
	note_end(s, leg->step, failed);
	if (store_step_end(r->store, key, cause, str_text(&s->log), r->actor, err) < 0)
		return -1;
	return cause ? 0 : pay_debt(s, leg, err);
}

/* What the host does for others may have to be put right when it was started anew. */
static void do_step(struct stride *s, const struct leg *leg, struct error *failed)
{
	bool was_upset = leg->step == STEP_APPLY || leg->step == STEP_REBOOT ||
			 leg->step == STEP_RESTART || leg->step == STEP_REVERT;
	struct error forgot = { 0 };

	if (leg->run(s, failed) == 0)
		*failed = (struct error){ 0 };
	if (was_upset && stride_keep_out(s, &forgot) < 0 && failed->kind == ERR_NONE)
		*failed = forgot;
}

/*
 * One step, between its two journal entries. *failed says whether the step itself failed (and how);
 * -1 means the journal could not be written.
 */
static int run_leg(struct stride *s, const struct leg *leg, struct error *failed, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	struct step_key key = { s->walk->rollout, s->member->place.host->name, s->attempt,
		leg->step };
	int64_t started = clock_monotonic_ms(), seconds = lease_of(s, leg->step);

	str_done(&s->log);
	if (holding_renew(s->walk->lock, err) < 0 || make_debt(s, leg->makes, err) < 0 ||
		store_step_start(r->store, &key, seconds, r->actor, err) < 0)
		return -1;
	tell_step(s, key.step, STEP_STATE_STARTED, 0);
	note_start(s, leg->step);
	s->until_ms = started + seconds * MS;
	do_step(s, leg, failed);
	if (end_step(s, leg, &key, failed, err) < 0)
		return -1;
	tell_step(s, key.step, failed->kind == ERR_NONE ? STEP_STATE_SUCCEEDED : STEP_STATE_FAILED,
		clock_monotonic_ms() - started);
	return 0;
}

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
	*out = wish == WISH_CANCEL && leg->step <= STEP_APPLY && !s->was_changed;
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
		if (run_leg(s, leg, &failed, err) < 0)
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

/* What is still owed is given back. A host that went well and does not get it has failed after all. */
static int settle(struct stride *s, struct error *err)
{
	for (const struct leg *leg = settlement; leg->run; leg++) {
		struct error failed = { 0 };
		size_t told = s->remarks.size;

		if (s->was_run[leg->step] || !leg->is_wanted(s))
			continue;
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

/* What an earlier attempt means for this one. */
static void note_past(struct stride *s, const struct step_row *row)
{
	bool was_refused =
		row->error_kind && str_equal(row->error_kind, error_kind_name(ERR_REFUSED));

	if (row->step == STEP_APPLY && !was_refused) {
		s->was_applied = s->was_changed = s->is_reboot_owed = true;
		s->is_proven = false;
	}
	if (row->step == STEP_REBOOT && row->state == STEP_STATE_SUCCEEDED)
		s->is_reboot_owed = false;
	if (row->step == STEP_REBOOT || row->step == STEP_RESTART)
		s->is_proven = false;
	if (row->step == STEP_APPLY || row->step == STEP_VERIFY)
		s->was_proved = row->step == STEP_VERIFY && row->state == STEP_STATE_SUCCEEDED;
	if (row->step == STEP_VERIFY)
		s->is_proven = s->was_proved;
}

/* Attempts are counted over the whole rollout: a continued one must not find its old steps. */
static int find_attempt(struct stride *s, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows rows = { 0 };

	if (store_steps(s->walk->request->store, s->walk->rollout, s->member->place.host->name,
		    &rows, err) < 0)
		return -1;
	s->attempt = 1;
	for (size_t i = 0; i < rows.count; i++) {
		note_past(s, &rows.items[i]);
		if (rows.items[i].attempt >= s->attempt)
			s->attempt = rows.items[i].attempt + 1;
	}
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

int walk_host(const struct walk *w, struct member *m, struct error *err)
{
	CLEANUP(stride_done) struct stride s = { .walk = w, .member = m, .is_proven = true };
	const struct rollout_watch *watch = &w->request->watch;
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(w, &wish, err) < 0)
		return -1;
	if (wish != WISH_NONE)
		return 0;
	stride_fill_order(&s);
	if (find_attempt(&s, err) < 0 || read_debts(&s, err) < 0 ||
		move(w, m, m->verdict, HOST_RUNNING, err) < 0 || go_there(&s, err) < 0 ||
		settle(&s, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	tell_left_out(&s);
	if (move(w, m, HOST_RUNNING, m->verdict, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	connection_close(STEAL(&m->connection));
	if (watch->on_verdict) {
		pthread_mutex_lock(w->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(w->watch);
	}
	return 0;
}
