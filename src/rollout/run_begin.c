/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/rollout_policy.h"
#include "rollout/control.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What it began with, kept with it: configuration may change while it is paused. */
static struct jvalue *inputs_of(const struct rollout_request *r)
{
	struct jvalue *inputs = jvalue_object();

	jvalue_set_string(inputs, "set", patchset_digest(r->set));
	jvalue_set(inputs, "policy", rollout_policy_write(r->environment));
	if (r->waiver) {
		jvalue_set_string(inputs, "without_way_back", r->waiver);
		jvalue_set_string(inputs, "without_way_back_by", r->actor);
	}
	return inputs;
}

/* That the rollout began with counts on; one that is given now takes its place. */
static void take_waiver(struct run *run, const struct jvalue *inputs)
{
	const char *was = jvalue_string(inputs, "without_way_back");
	const char *by = jvalue_string(inputs, "without_way_back_by");
	const char *now = run->request->waiver;

	snprintf(run->waiver, sizeof run->waiver, "%s", now ? now : was ? was : "");
	snprintf(run->waived_by, sizeof run->waived_by, "%s",
		now  ? run->request->actor
		: by ? by
		     : "");
}

int run_take_policy(struct run *run, const struct jvalue *inputs, struct error *err)
{
	const struct jvalue *policy = jvalue_get(inputs, "policy");

	take_waiver(run, inputs);
	if (rollout_policy_read(policy ? policy : inputs, &run->policy, err) < 0)
		return -1;
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		struct rollout_target *m = targets_at(run->targets, i);
		const struct group *group = rollout_policy_group(run->policy, m->place.group->name);

		if (!group)
			return error_set(err, ERR_CONFLICT,
				"rollout-%lld began without a group '%s': promote with --anew",
				(long long)run->id, m->place.group->name);
		m->place.group = group;
	}
	return 0;
}

static struct rollout_target *run_find_target(const struct run *run, const char *host)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		if (str_equal(targets_at(run->targets, i)->place.host->name, host))
			return targets_at(run->targets, i);
	}
	return NULL;
}

static int add_rollout(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	size_t count = targets_count(run->targets);
	CLEANUP(free) struct rollout_host_row *rows = mem_new(count, sizeof *rows);
	CLEANUP(jvalue_free) struct jvalue *inputs = inputs_of(r);
	CLEANUP(free) char *text = jvalue_write(inputs);
	struct rollout_draft draft = {
		.environment = r->environment->name,
		.candidate = r->candidate,
		.inputs = text,
		.hosts = { rows, count },
	};

	for (size_t i = 0; i < count; i++) {
		const struct rollout_target *m = targets_at(run->targets, i);

		rows[i] = (struct rollout_host_row){
			.host = m->place.host->name,
			.group = m->place.group->name,
			.wave = (int64_t)m->wave,
			.position = (int64_t)m->position,
			.verdict = HOST_WAITING,
			.reason = "",
			.state_before = m->state_before,
			.plan = plan_json(m->plan),
		};
	}

	int result = store_rollout_add(r->store, &draft, r->actor, &run->id, err);

	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)rows[i].plan);
	return result < 0 ? -1 : run_take_policy(run, inputs, err);
}

/* A host that may be at work for another rollout is looked at again once that has ended. */
static int note_at_work(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open(r->store, r->environment->name, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		struct rollout_target *m = run_find_target(run, open.items[i].host);

		if (!m)
			continue;
		m->is_unseen = true;
		target_judge(m, HOST_WAITING, "%s", "");
	}
	return 0;
}

int run_move(struct run *run, enum rollout_state from, enum rollout_state to, const char *reason,
	struct error *err)
{
	struct rollout_move move = { .id = run->id, .from = from, .to = to, .reason = reason };

	return store_rollout_move(run->request->store, &move, run->request->actor, err);
}

/* Nothing is done to it but what may be owed: it stands as it stood. */
static int target_recall(struct rollout_target *m, const struct rollout_host_row *row)
{
	if (row->failure != FAILURE_NONE)
		target_fail(m, row->failure, "%s", row->reason);
	else
		target_judge(m, row->verdict, "%s", row->reason);
	m->verdict = row->verdict;
	return 0;
}

/*
 * Hosts that were not brought to their end wait again, in the waves that were decided first. They are looked at when
 * their turn comes; those that were are not asked.
 */
static int rejoin(struct run *run, struct rollout_target *m, const struct rollout_host_rows *rows,
	struct error *err)
{
	const struct rollout_host_row *row = rollout_hosts_find(rows, m->place.host->name);

	if (!row)
		return error_set(
			err, ERR_CONFLICT, "host '%s' is not in this rollout", m->place.host->name);
	targets_set_wave(run->targets, m, (size_t)row->wave, (size_t)row->position);
	m->is_settled = row->verdict == HOST_DONE || row->verdict == HOST_NOTHING_TO_DO;
	m->is_unseen = !m->is_settled;
	if (run->is_held || m->is_settled)
		return target_recall(m, row);
	if (row->verdict == HOST_WAITING)
		return 0;

	struct rollout_host_move move = {
		.rollout = run->id,
		.host = row->host,
		.from = row->verdict,
		.to = HOST_WAITING,
		.reason = "continued",
	};

	return store_rollout_host_move(run->request->store, &move, run->request->actor, err);
}

/* The first host that the configuration has by now and the rollout has not; NULL when there is none. */
static const char *find_newcomer(const struct run *run, const struct rollout_host_rows *hosts)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		const char *host = targets_at(run->targets, i)->place.host->name;

		if (!rollout_hosts_find(hosts, host))
			return host;
	}
	return NULL;
}

/* True when the unfinished rollout is of this candidate and these hosts: it can go on. */
static bool is_same(
	const struct run *run, const struct rollout_row *row, const struct rollout_host_rows *hosts)
{
	return row->direction == DIRECTION_FORWARD &&
	       str_equal(row->candidate, run->request->candidate) &&
	       hosts->count == targets_count(run->targets) && !find_newcomer(run, hosts);
}

/* Why the rollout that was asked for cannot go on. */
static int check_continued(const struct run *run, const struct rollout_row *row,
	const struct rollout_host_rows *hosts, struct error *err)
{
	const struct rollout_request *r = run->request;
	const char *newcomer = find_newcomer(run, hosts);

	if (row->id != r->continues)
		return error_set(err, ERR_CONFLICT,
			"rollout-%lld has ended; the one that has not in '%s' is rollout-%lld",
			(long long)r->continues, r->environment->name, (long long)row->id);
	if (newcomer)
		return error_set(err, ERR_CONFLICT,
			"'%s' was not in '%s' when rollout-%lld began: 'patchline promote %s --to %s' "
			"begins another with it",
			newcomer, r->environment->name, (long long)row->id, r->candidate,
			r->environment->name);
	return 0;
}

/* A host that is no longer configured cannot be reached, and is not waited for. */
static int leave_out(struct run *run, const struct rollout_host_row *row, struct error *err)
{
	struct rollout_host_move move = {
		.rollout = run->id,
		.host = row->host,
		.from = row->verdict,
		.to = HOST_SKIPPED,
		.reason = "no longer in the configuration",
	};

	return store_rollout_host_move(run->request->store, &move, run->request->actor, err);
}

static int leave_out_gone(struct run *run, const struct rollout_host_rows *hosts, struct error *err)
{
	for (size_t i = 0; i < hosts->count; i++) {
		const struct rollout_host_row *row = &hosts->items[i];

		if (!run_find_target(run, row->host) && row->verdict != HOST_SKIPPED &&
			leave_out(run, row, err) < 0)
			return -1;
	}
	return 0;
}

int run_give_up(
	struct run *run, const struct rollout_row *row, const char *reason, struct error *err)
{
	run->id = row->id;
	return run_move(run, row->state, ROLLOUT_CANCELLED, reason, err);
}

static int rejoin_all(struct run *run, const struct rollout_row *row,
	const struct rollout_host_rows *hosts, struct error *err)
{
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		struct rollout_target *m = targets_at(run->targets, i);

		if (rejoin(run, m, hosts, err) < 0)
			return -1;
	}
	if (leave_out_gone(run, hosts, err) < 0)
		return -1;
	if (row->state == ROLLOUT_RUNNING)
		return 0;
	return run_move(run, row->state, ROLLOUT_RUNNING, "continued", err);
}

/* How they were when it began, or when they were looked at last. */
static int recall_states(struct run *run, const struct rollout_host_rows *hosts, struct error *err)
{
	size_t count = targets_count(run->targets);
	CLEANUP(free) const char **states = mem_new(count + 1, sizeof *states);

	for (size_t i = 0; i < count; i++) {
		const struct rollout_host_row *row =
			rollout_hosts_find(hosts, targets_at(run->targets, i)->place.host->name);

		states[i] = row ? row->state_before : NULL;
	}
	return targets_recall(run->targets, states, err);
}

/* True when it is asked for by its name, and hosts are still owed something by it. */
static int is_asked_for(
	const struct run *run, const struct rollout_row *row, bool *out, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };

	if (!r->continues)
		return 0;
	if (store_debts(r->store, r->environment->name, &debts, err) < 0)
		return -1;
	for (size_t i = 0; i < debts.count; i++)
		*out |= debts.items[i].rollout == row->id;
	return 0;
}

/* In one that is held, nothing begins; what was on its way when a program died, and what is owed, is brought to its end. */
static int see_hold(struct run *run, const struct rollout_row *unfinished, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	bool may_go_on = false;

	if (store_environment_find(r->store, r->environment->name, &row, err) < 0)
		return -1;
	run->is_held = row.held_at;
	may_go_on = unfinished && unfinished->state == ROLLOUT_RUNNING;
	if (unfinished && !may_go_on && is_asked_for(run, unfinished, &may_go_on, err) < 0)
		return -1;
	return may_go_on ? 0 : environment_may_begin(&row, err);
}

/* In one transaction: a commit for each of thousands of hosts would keep the first of them waiting. */
static int continue_rollout(struct run *run, const struct rollout_row *row,
	const struct rollout_host_rows *hosts, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = run->request->store;
	CLEANUP(jvalue_free) struct jvalue *inputs = NULL;

	run->id = row->id;
	if (recall_states(run, hosts, err) < 0 ||
		jvalue_parse(row->inputs, strlen(row->inputs), &inputs, err) < 0 ||
		run_take_policy(run, inputs, err) < 0 ||
		transaction_begin(&transaction, store, err) < 0 || see_hold(run, row, err) < 0 ||
		rejoin_all(run, row, hosts, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int add_where_free(struct run *run, const struct rollout_row *unfinished, struct error *err)
{
	CLEANUP(free)
	char *reason = mem_printf("given up for a rollout of %s", run->request->candidate);

	if (see_hold(run, NULL, err) < 0 ||
		(unfinished && run_give_up(run, unfinished, reason, err) < 0))
		return -1;
	return add_rollout(run, err);
}

/* In one transaction: it takes the place of the unfinished one, if there is any, and nobody holds the environment in between. */
static int begin_anew(struct run *run, const struct rollout_row *unfinished, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = run->request->store;

	if (targets_scan(run->targets, err) < 0 || note_at_work(run, err) < 0 ||
		transaction_begin(&transaction, store, err) < 0 ||
		add_where_free(run, unfinished, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* One whose program died takes its hosts along: what they may still be at is written down first. */
static int take_the_place_of(
	struct run *run, const struct rollout_row *unfinished, struct error *err)
{
	const struct rollout_request *r = run->request;

	if (unfinished->state != ROLLOUT_RUNNING)
		return begin_anew(run, unfinished, err);
	if (see_hold(run, NULL, err) < 0 ||
		rollout_end_for_the_dead(r->store, unfinished, run->lease, r->actor, err) < 0)
		return -1;
	return begin_anew(run, NULL, err);
}

/* Nothing is unfinished: begin, unless one was to go on. */
static int begin_new(struct run *run, struct error *err)
{
	const struct rollout_request *r = run->request;

	if (r->continues)
		return error_set(err, ERR_CONFLICT,
			"rollout-%lld has ended: nothing of it is left to do",
			(long long)r->continues);
	return begin_anew(run, NULL, err);
}

int run_begin(struct run *run, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	const struct rollout_request *r = run->request;

	if (store_rollout_unfinished(r->store, r->environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? begin_new(run, err) : -1;
	if (store_rollout_hosts(r->store, row.id, &hosts, err) < 0)
		return -1;
	if (r->continues && check_continued(run, &row, &hosts, err) < 0)
		return -1;
	if (r->continues || (!r->begins_anew && is_same(run, &row, &hosts)))
		return continue_rollout(run, &row, &hosts, err);
	return take_the_place_of(run, &row, err);
}
