/* SPDX-License-Identifier: Apache-2.0 */
/* rollback.c - rollouts that lead back; declared in rollout.h. */
#include "rollout/rollback.h"

#include "base/jvalue.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/rollout_policy.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdlib.h>

/* A way back while its program lives. */
struct undoing {
	struct run run;
	struct rollout_request request; /* as asked, and of these hosts alone */
	struct rollout_row undone;
	struct rollout_host_rows rows; /* of the way back, as the store has them */
	const char **names;            /* owned list; of the hosts */
};

static void undoing_done_p(struct undoing *u)
{
	run_done(&u->run);
	rollout_row_done(&u->undone);
	rollout_host_rows_done(&u->rows);
	free(u->names);
}

/* ---- begin, or go on ---- */

/* A check that was wrong when the rollout began is what people go back for: those of now count, also when it goes on. */
static struct jvalue *inputs_of_now(const struct undoing *u)
{
	struct jvalue *inputs = jvalue_object();

	jvalue_set(inputs, "policy", rollout_policy_write(u->request.environment));
	return inputs;
}

static int rollback_add(struct undoing *u, const struct rollback_preview *plan, struct error *err)
{
	const struct rollout_request *r = &u->request;
	CLEANUP(free) struct rollout_host_row *rows = mem_new(plan->count, sizeof *rows);
	CLEANUP(jvalue_free) struct jvalue *inputs = inputs_of_now(u);
	CLEANUP(free) char *text = jvalue_write(inputs);
	struct rollout_draft draft = {
		.environment = r->environment->name,
		.candidate = u->undone.candidate,
		.inputs = text,
		.hosts = { rows, plan->count },
		.direction = DIRECTION_BACK,
		.undoes = u->undone.id,
	};

	for (size_t i = 0; i < plan->count; i++) {
		const struct rollback_host *host = &plan->hosts[i];

		rows[i] = (struct rollout_host_row){
			.host = host->host,
			.group = host->group,
			.wave = host->wave,
			.position = host->position,
			.verdict = HOST_WAITING,
			.reason = "",
			.way_back = way_back_write(host->way),
		};
	}

	int result = store_rollout_add(r->store, &draft, r->actor, &u->run.id, err);

	for (size_t i = 0; i < plan->count; i++)
		free((char *)(uintptr_t)rows[i].way_back);
	return result;
}

static int add_held(struct undoing *u, const struct rollback_preview *plan,
	const struct rollout_row *unfinished, struct error *err)
{
	const struct rollout_request *r = &u->request;
	CLEANUP(free)
	char *reason = mem_printf("rollout-%lld was undone", (long long)u->undone.id);

	if (store_environment_hold(r->store, r->environment->name, reason, r->actor, err) < 0 ||
		(unfinished && run_give_up(&u->run, unfinished, reason, err) < 0))
		return -1;
	return rollback_add(u, plan, err);
}

/* In one transaction: from then on nothing enters, nobody goes on with what is undone, and it is being undone. */
static int replace(struct undoing *u, const struct rollback_preview *plan,
	const struct rollout_row *unfinished, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = u->request.store;

	if (transaction_begin(&transaction, store, err) < 0 ||
		add_held(u, plan, unfinished, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int begin_new(struct undoing *u, const struct rollout_row *unfinished, struct error *err)
{
	CLEANUP(rollback_preview_done) struct rollback_preview plan = { 0 };

	if (rollback_preview_make(&u->request, u->undone.id, &plan, err) < 0 ||
		rollback_preview_check(&plan, err) < 0)
		return -1;
	return replace(u, &plan, unfinished, err);
}

static int go_on(struct undoing *u, const struct rollout_row *row, struct error *err)
{
	u->run.id = row->id;
	if (row->state == ROLLOUT_RUNNING)
		return 0;
	return run_move(&u->run, row->state, ROLLOUT_RUNNING, "continued", err);
}

static int rollback_begin(struct undoing *u, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	const struct rollout_request *r = &u->request;
	bool is_mine = false;

	if (store_rollout_unfinished(r->store, r->environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? begin_new(u, NULL, err) : -1;
	is_mine = row.direction == DIRECTION_BACK && row.undoes == u->undone.id;
	return is_mine ? go_on(u, &row, err) : begin_new(u, &row, err);
}

/* ---- its hosts ---- */

/* However the host looks now, it is to go back; one that is back stays so. */
static int join(struct undoing *u, struct rollout_target *m, struct error *err)
{
	const struct rollout_host_row *row = rollout_hosts_find(&u->rows, m->place.host->name);
	struct rollout_host_move move = {
		.rollout = u->run.id, .to = HOST_WAITING, .reason = "continued"
	};

	if (!row)
		return error_set(
			err, ERR_CONFLICT, "host '%s' is not in this rollout", m->place.host->name);
	targets_set_wave(u->run.targets, m, (size_t)row->wave, (size_t)row->position);
	m->was_changed = row->verdict != HOST_REVERTED;
	target_judge(m, HOST_WAITING, "%s", "");
	if (way_back_read(row->way_back, &m->way, err) < 0)
		return -1;
	if (row->verdict == HOST_REVERTED) {
		m->verdict = HOST_REVERTED;
		return 0;
	}
	if (row->verdict == HOST_WAITING)
		return 0;
	move.host = row->host;
	move.from = row->verdict;
	return store_rollout_host_move(u->request.store, &move, u->request.actor, err);
}

static int gather(struct undoing *u, struct error *err)
{
	const struct rollout_request *r = &u->request;
	CLEANUP(jvalue_free) struct jvalue *inputs = inputs_of_now(u);

	if (store_rollout_hosts(r->store, u->run.id, &u->rows, err) < 0)
		return -1;
	u->names = mem_new(u->rows.count + 1, sizeof *u->names);
	for (size_t i = 0; i < u->rows.count; i++)
		u->names[i] = u->rows.items[i].host;
	u->request.hosts = u->names;
	if (targets_make(r, &u->run.targets, err) < 0 || run_take_policy(&u->run, inputs, err) < 0)
		return -1;
	for (size_t i = 0; i < targets_count(u->run.targets); i++) {
		if (join(u, targets_at(u->run.targets, i), err) < 0)
			return -1;
	}
	return 0;
}

static int undo(struct undoing *u, struct error *err)
{
	if (rollback_begin(u, err) < 0 || gather(u, err) < 0 ||
		run_mark_rolling(&u->run, err) < 0 || run_waves(&u->run, err) < 0)
		return -1;
	return run_end(&u->run, err);
}

int rollout_roll_back(const struct rollout_request *request, int64_t undoes,
	struct rollout_summary *summary, struct error *err)
{
	CLEANUP(undoing_done) struct undoing u = { .request = *request };
	CLEANUP(free) char *what = mem_printf("patchline rollback %s", request->environment->name);
	struct rollout_summary ended = { 0 };

	u.run.direction = DIRECTION_BACK;
	u.run.undoes = undoes;
	if (store_rollout_find(request->store, undoes, &u.undone, err) < 0 ||
		run_open(&u.run, &u.request, what, &ended, err) < 0 || undo(&u, err) < 0 ||
		lease_release(&u.run.lease, err) < 0)
		return -1;
	*summary = ended;
	return 0;
}
