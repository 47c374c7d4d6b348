/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/walk.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/connection.h"
#include "model/config.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "store/holding.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdlib.h>

#define LOG_LIMIT ((size_t)256 * 1024)
#define PATIENCE  60 /* seconds a host waits for a lock or a starting service */

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

static bool is_always(const struct stride *s)
{
	(void)s;
	return true;
}

/* In this order; a host with nothing to change only has to prove that it is, and runs, what it should. */
static const struct {
	enum step step;
	stride_step *run;
	bool (*is_wanted)(const struct stride *s);
} steps[] = {
	{ STEP_STAGE, stride_stage, has_changes },
	{ STEP_PRECHECK, stride_precheck, has_changes },
	{ STEP_APPLY, stride_apply, has_changes },
	{ STEP_REBOOT, stride_reboot, may_reboot },
	{ STEP_RESTART, stride_restart, may_restart },
	{ STEP_VERIFY, stride_verify, is_always },
};

/* ---- the walk ---- */

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

/*
 * One step, between its two journal entries. *failed says whether the step itself failed (and how);
 * -1 means the journal could not be written.
 */
static int run_step(struct stride *s, size_t index, struct error *failed, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	struct step_key key = { s->walk->rollout, s->member->place.host->name, s->attempt,
		steps[index].step };
	int64_t started = clock_monotonic_ms();

	str_done(&s->log);
	if (holding_renew(s->walk->lock, err) < 0 ||
		store_step_start(r->store, &key, r->actor, err) < 0)
		return -1;
	tell_step(s, key.step, STEP_STATE_STARTED, 0);

	bool is_good = steps[index].run(s, failed) == 0;

	if (s->log.size > LOG_LIMIT)
		s->log.text[LOG_LIMIT] = '\0';
	if (store_step_end(
		    r->store, &key, is_good ? NULL : failed, str_text(&s->log), r->actor, err) < 0)
		return -1;
	tell_step(s, key.step, is_good ? STEP_STATE_SUCCEEDED : STEP_STATE_FAILED,
		clock_monotonic_ms() - started);
	return 0;
}

static int read_wish(const struct walk *w, enum rollout_wish *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	if (store_rollout_find(w->request->store, w->rollout, &row, err) < 0)
		return -1;
	*out = row.wish;
	return 0;
}

/* Somebody cancelled the rollout, and this host is still as it was. */
static int is_spared(const struct stride *s, size_t index, bool *out, struct error *err)
{
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(s->walk, &wish, err) < 0)
		return -1;
	*out = wish == WISH_CANCEL && steps[index].step <= STEP_APPLY && !s->was_applied;
	return 0;
}

static int run_steps(struct stride *s, struct error *err)
{
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct error failed = { 0 };

		if (!steps[i].is_wanted(s))
			continue;

		bool is_to_stay = false;

		if (is_spared(s, i, &is_to_stay, err) < 0)
			return -1;
		if (is_to_stay) {
			member_judge(s->member, HOST_SKIPPED, "cancelled before it was changed");
			return 0;
		}
		if (run_step(s, i, &failed, err) < 0)
			return -1;
		if (failed.kind == ERR_NONE)
			continue;
		member_fail(s->member,
			failed.kind == ERR_UNREACHABLE ? FAILURE_UNREACHABLE
						       : failure_of_step(steps[i].step),
			"%s: %s", step_name(steps[i].step), failed.text);
		return 0;
	}
	member_judge(s->member, has_changes(s) || s->was_applied ? HOST_DONE : HOST_NOTHING_TO_DO,
		"%s", str_text(&s->remarks));
	return 0;
}

/* As the order has them. */
static const char *const restart_words[] = {
	[RESTART_AUTO] = "auto",
	[RESTART_NEVER] = "never",
};
static const char *const reboot_words[] = {
	[REBOOT_NEVER] = "never",
	[REBOOT_IF_NEEDED] = "if-needed",
	[REBOOT_ALWAYS] = "always",
};

static void fill_order(struct stride *s)
{
	const struct rollout_request *r = s->walk->request;
	const struct member *m = s->member;
	size_t changes = plan_change_count(m->plan), kept = plan_kept_count(m->plan);

	s->changes = mem_new(changes + kept, sizeof *s->changes);
	s->order = (struct order){
		.set = patchset_digest(r->set),
		.platform = m->platform,
		.changes = s->changes,
		.change_count = changes + kept,
		.services = m->place.group->services,
		.health = m->place.group->health,
		.release_check = m->place.group->release_check,
		.restart = restart_words[m->place.group->restart],
		.restart_except = m->place.group->restart_except,
		.reboot = reboot_words[m->place.group->reboot],
		.reboot_command = m->place.group->reboot_command,
		.patience = PATIENCE,
	};
	for (size_t i = 0; i < changes; i++) {
		const struct plan_change *c = plan_change_at(m->plan, i);
		s->changes[i] = (struct change){ c->is_new ? CHANGE_NEW : CHANGE_UPGRADE, c->name,
			c->architecture, c->from, c->to };
	}
	for (size_t i = 0; i < kept; i++) {
		const struct plan_kept *k = plan_kept_at(m->plan, i);

		s->changes[changes + i] =
			(struct change){ CHANGE_KEEP, k->name, k->architecture, "", k->installed };
	}
}

/* What an earlier attempt means for this one. */
static void note_past(struct stride *s, const struct step_row *row)
{
	if (row->step == STEP_APPLY)
		s->was_applied = s->is_reboot_owed = true;
	if (row->step == STEP_REBOOT && row->state == STEP_STATE_SUCCEEDED)
		s->is_reboot_owed = false;
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
	CLEANUP(stride_done) struct stride s = { .walk = w, .member = m };
	const struct rollout_watch *watch = &w->request->watch;
	enum rollout_wish wish = WISH_NONE;

	if (read_wish(w, &wish, err) < 0)
		return -1;
	if (wish != WISH_NONE)
		return 0;
	fill_order(&s);
	if (find_attempt(&s, err) < 0 || move(w, m, m->verdict, HOST_RUNNING, err) < 0 ||
		run_steps(&s, err) < 0 || move(w, m, HOST_RUNNING, m->verdict, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	connection_close(STEAL(&m->connection));
	if (watch->on_verdict) {
		pthread_mutex_lock(w->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(w->watch);
	}
	return 0;
}
