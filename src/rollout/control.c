/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/control.h"

#include "base/error.h"
#include "base/mem.h"
#include "rollout/journal.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdlib.h>

static const enum rollout_state wished_state[WISH_COUNT] = {
	[WISH_PAUSE] = ROLLOUT_PAUSED,
	[WISH_CANCEL] = ROLLOUT_CANCELLED,
	[WISH_ABANDON] = ROLLOUT_CANCELLED,
};

const char *control_outcome_words(enum rollout_wish wish, enum control_outcome outcome)
{
	if (outcome == CONTROL_DONE)
		return "done";
	if (wish == WISH_ABANDON)
		return "its program was told: it begins no further host, and waits for none";
	return "its program was told: it begins no further host, and brings those under way to their end";
}

/* What is asked for, and of which rollout. */
struct steering {
	struct store *store;
	const struct rollout_row *row;
	enum rollout_wish wish;
	const char *actor;
};

/* A host that was under way when the program died: it waits for the next run, or nobody knows any more. */
static int leave_host(
	const struct steering *s, const struct rollout_host_row *host, struct error *err)
{
	static const char reason[] =
		"the program that drove it died; the host may still be at its step, and is asked "
		"before anything else is done to it";
	bool is_final = rollout_wish_is_final(s->wish);
	struct rollout_host_move move = {
		.rollout = host->rollout,
		.host = host->host,
		.from = HOST_RUNNING,
		.to = is_final ? HOST_FAILED : HOST_WAITING,
		.failure = is_final ? FAILURE_APPLY : FAILURE_NONE,
		.reason = reason,
	};

	if (host->verdict != HOST_RUNNING)
		return 0;
	return store_rollout_host_move(s->store, &move, s->actor, err);
}

static int leave_hosts(const struct steering *s, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };

	if (store_rollout_hosts(s->store, s->row->id, &hosts, err) < 0)
		return -1;
	for (size_t i = 0; i < hosts.count; i++) {
		if (leave_host(s, &hosts.items[i], err) < 0)
			return -1;
	}
	return 0;
}

static int control_move(const struct steering *s, struct error *err)
{
	CLEANUP(free)
	char *reason =
		mem_printf("%s by %s", s->wish == WISH_PAUSE ? "paused" : "cancelled", s->actor);
	struct rollout_move to = { s->row->id, s->row->state, wished_state[s->wish], reason };

	return store_rollout_move(s->store, &to, s->actor, err);
}

/* The environment that nobody rolls any more is what its hosts are: some of this, some of that. */
static int control_settle(const struct steering *s, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (store_environment_find(s->store, s->row->environment, &row, err) < 0)
		return -1;
	if (row.status != ENVIRONMENT_ROLLING)
		return 0;
	return store_environment_settled(s->store, &row, ENVIRONMENT_MIXED, NULL, s->actor, err);
}

static int end_for_the_dead(const struct steering *s, const struct lease *lease, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	/* Steps are never written inside a transaction: the journal stands by itself. */
	if (journal_leave(s->store, s->row, lease, err) < 0 ||
		transaction_begin(&transaction, s->store, err) < 0 || leave_hosts(s, err) < 0 ||
		control_move(s, err) < 0 || control_settle(s, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* Nobody drives it: it is ended here, and nobody begins to drive it meanwhile. */
static int end_leased(const struct steering *s, struct error *err)
{
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(free)
	char *what = mem_printf(
		"patchline %s rollout-%lld", rollout_wish_name(s->wish), (long long)s->row->id);

	if (lease_take(s->store, s->row->environment, what, s->actor, &lease, err) < 0 ||
		(s->row->state == ROLLOUT_RUNNING ? end_for_the_dead(s, lease, err)
						  : control_move(s, err)) < 0)
		return -1;
	return lease_release(&lease, err);
}

static int control_rollout(
	const struct steering *s, enum control_outcome *outcome, struct error *err)
{
	bool is_driven = false;

	if (s->row->state == ROLLOUT_RUNNING &&
		lease_is_held(s->store, s->row->environment, &is_driven, err) < 0)
		return -1;
	*outcome = is_driven ? CONTROL_TOLD : CONTROL_DONE;
	if (is_driven)
		return store_rollout_wish(s->store, s->row->id, s->wish, s->actor, err);
	return end_leased(s, err);
}

int rollout_control(struct store *store, int64_t rollout, enum rollout_wish wish, const char *actor,
	enum control_outcome *outcome, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	const struct steering s = { store, &row, wish, actor };
	enum control_outcome done = CONTROL_DONE;

	if (store_rollout_find(store, rollout, &row, err) < 0)
		return -1;
	if (control_rollout(&s, &done, err) < 0)
		return -1;
	*outcome = done;
	return 0;
}

int rollout_end_for_the_dead(struct store *store, const struct rollout_row *row,
	const struct lease *lease, const char *actor, struct error *err)
{
	const struct steering s = { store, row, WISH_CANCEL, actor };

	return end_for_the_dead(&s, lease, err);
}
