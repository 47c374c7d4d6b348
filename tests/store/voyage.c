/* SPDX-License-Identifier: Apache-2.0 */
#include "voyage.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/host.h"
#include "store/index.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/set.h"
#include "store/step.h"
#include "store/store_private.h"
#include "store_fixture.h"

#include <sqlite3.h>
#include <stdint.h>

static const struct step_key web_stage = { 1, "web1", 1, STEP_STAGE };
static const struct step_key web_apply = { 1, "web1", 1, STEP_APPLY };
static const struct step_key web_again = { 1, "web1", 2, STEP_APPLY };

static int do_open(struct voyage *v, struct error *err)
{
	return store_open_driver(v->driver, v->directory, &v->store, err);
}

/* The last one out puts the log into the database and removes it. */
static int do_close(struct voyage *v, struct error *err)
{
	(void)err;
	store_close(STEAL(&v->store));
	return 0;
}

/*
 * Another program puts the log into the database, as far as there is room for it; what is written next begins the log
 * anew.
 */
static int do_checkpoint(struct voyage *v, struct error *err)
{
	static const char sql[] = "PRAGMA wal_checkpoint(RESTART)";
	sqlite3 *db = NULL;
	int result = sqlite3_open(v->database, &db);

	if (result == SQLITE_OK)
		result = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	if (result == SQLITE_OK || result == SQLITE_FULL)
		return 0;
	return error_set(err, ERR_SYSTEM, "the checkpoint answers %d", result);
}

static int do_indexes(struct voyage *v, struct error *err)
{
	struct index_row rows[] = {
		{ .suite = "bookworm", .component = "main", .architecture = "amd64" },
		{ .suite = "bookworm", .component = "contrib", .architecture = "amd64" }
	};

	return store_index_replace(
		v->store, "debian", &(struct index_rows){ rows, 2 }, "alice", err);
}

static int do_state(struct voyage *v, struct error *err)
{
	char text[64], digest[65];

	place_state(1, text, digest);
	return store_state_put(v->store, digest, "debian-12-amd64", text, err);
}

static int do_scanned(struct voyage *v, struct error *err)
{
	char text[64], digest[65];
	struct host_row host = { .name = "web1", .environment = "qa", .group = "web" };

	place_state(1, text, digest);
	host.state = digest;
	return store_host_scanned(v->store, &host, "alice", err);
}

static int do_set(struct voyage *v, struct error *err)
{
	struct set_row set = { .digest = place_set, .release = "2.2", .summary = "{}" };

	return store_set_add(v->store, &set, "alice", err);
}

static int do_candidate(struct voyage *v, struct error *err)
{
	const struct candidate_draft draft = { "2.2", place_set, LANE_CODE_LINE };
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };

	return store_candidate_add(v->store, &draft, "alice", &row, err);
}

static int do_lease(struct voyage *v, struct error *err)
{
	return lease_take(v->store, "qa", "patchline promote 2.2 --to qa", "alice", &v->lease, err);
}

static int do_release(struct voyage *v, struct error *err)
{
	return lease_release(&v->lease, err);
}

static int add_rollout(struct voyage *v, struct error *err)
{
	struct rollout_host_row hosts[] = { { .host = "web1", .group = "web", .wave = 1 },
		{ .host = "web2", .group = "web", .wave = 2, .position = 1 } };
	struct rollout_draft draft = { "qa", place_candidate, "{}", { hosts, 2 } };
	struct environment_row fresh = { .name = "qa" };
	int64_t id = 0;

	if (store_rollout_add(v->store, &draft, "alice", &id, err) < 0)
		return -1;
	return store_environment_rolling(v->store, &fresh, id, "alice", err);
}

/* The rollout and its environment, together. */
static int do_rollout(struct voyage *v, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, v->store, err) < 0 || add_rollout(v, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int move_host(struct voyage *v, const char *host, enum host_verdict from,
	enum host_verdict to, struct error *err)
{
	const struct rollout_host_move move = {
		.rollout = 1, .host = host, .from = from, .to = to
	};

	return store_rollout_host_move(v->store, &move, "alice", err);
}

static int do_web1_running(struct voyage *v, struct error *err)
{
	return move_host(v, "web1", HOST_WAITING, HOST_RUNNING, err);
}

static int do_web1_done(struct voyage *v, struct error *err)
{
	return move_host(v, "web1", HOST_RUNNING, HOST_DONE, err);
}

static int do_web2_done(struct voyage *v, struct error *err)
{
	return move_host(v, "web2", HOST_WAITING, HOST_NOTHING_TO_DO, err);
}

static const struct debt_row undrain = { "web1", DEBT_SERVICE, "qa", 1, 0 };

static int do_debt(struct voyage *v, struct error *err)
{
	return store_debt_make(v->store, &undrain, "alice", err);
}

static int do_debt_paid(struct voyage *v, struct error *err)
{
	return store_debt_pay(v->store, "web1", DEBT_SERVICE, "undrain", "alice", err);
}

static int do_stage_start(struct voyage *v, struct error *err)
{
	return store_step_start(v->lease, &web_stage, 60, err);
}

static int do_stage_end(struct voyage *v, struct error *err)
{
	return store_step_end(v->lease, &web_stage,
		&(struct step_end){ STEP_STATE_DONE, NULL, "3 files staged\n" }, err);
}

static int do_apply_start(struct voyage *v, struct error *err)
{
	return store_step_start(v->lease, &web_apply, 60, err);
}

static int do_apply_failed(struct voyage *v, struct error *err)
{
	static const struct error cause = { ERR_SYSTEM, "dpkg was interrupted" };

	return store_step_end(v->lease, &web_apply,
		&(struct step_end){ STEP_STATE_FAILED, &cause, "a long log" }, err);
}

static int do_again_start(struct voyage *v, struct error *err)
{
	return store_step_start(v->lease, &web_again, 60, err);
}

/* A log that takes pages of its own. */
static int do_again_end(struct voyage *v, struct error *err)
{
	CLEANUP(free) char *log = mem_printf("%020000d", 7);

	return store_step_end(
		v->lease, &web_again, &(struct step_end){ STEP_STATE_DONE, NULL, log }, err);
}

static int do_pause(struct voyage *v, struct error *err)
{
	return store_rollout_wish(v->store, 1, WISH_PAUSE, "bob", err);
}

static int do_paused(struct voyage *v, struct error *err)
{
	const struct rollout_move move = { 1, ROLLOUT_RUNNING, ROLLOUT_PAUSED, "paused by bob" };

	return store_rollout_move(v->store, &move, "alice", err);
}

static int do_resumed(struct voyage *v, struct error *err)
{
	const struct rollout_move move = { 1, ROLLOUT_PAUSED, ROLLOUT_RUNNING, NULL };

	return store_rollout_move(v->store, &move, "bob", err);
}

static int end_rollout(struct voyage *v, struct error *err)
{
	const struct rollout_move move = { 1, ROLLOUT_RUNNING, ROLLOUT_DONE, NULL };
	const struct environment_row seen = { .name = "qa", .version = 1 };

	if (store_rollout_move(v->store, &move, "alice", err) < 0)
		return -1;
	return store_environment_settled(
		v->store, &seen, ENVIRONMENT_CLEAN, place_set, "alice", err);
}

static int do_end(struct voyage *v, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, v->store, err) < 0 || end_rollout(v, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int do_deployed(struct voyage *v, struct error *err)
{
	const struct environment_row seen = { .name = "qa", .version = 2 };

	return store_environment_deployed(v->store, &seen, "2.2", "ci", err);
}

static int do_test(struct voyage *v, struct error *err)
{
	struct test_row test = { .environment = "qa",
		.candidate = place_candidate,
		.suite = "shop",
		.output = "ok 1\n" };
	int64_t id = 0;

	return store_test_add(v->store, &test, "alice", &id, err);
}

static int do_approval(struct voyage *v, struct error *err)
{
	struct approval_row approval = { .environment = "qa", .candidate = place_candidate };

	return store_approval_add(v->store, &approval, "bob", err);
}

static int do_event(struct voyage *v, struct error *err)
{
	const struct event_draft draft = { "bob", "gate.refused", SUBJECT_ENVIRONMENT, "beta",
		NULL };

	return store_event_add(v->store, &draft, err);
}

static int do_clone(struct voyage *v, struct error *err)
{
	const struct clone_row_draft draft = { .environment = "qa", .provider = "btrfs" };
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	return store_clone_add(v->store, &draft, "alice", &row, err);
}

static int do_action_start(struct voyage *v, struct error *err)
{
	int64_t seq = 0;

	return store_clone_action_start(v->store,
		&(struct clone_action_draft){ "qa/clone-1", "clone", "", "alice" }, &seq, err);
}

const struct leg voyage_legs[] = {
	/* clang-format off */
	{ "opening a new store",  do_open },
	{ "indexes",              do_indexes },
	{ "a state",              do_state },
	{ "a scanned host",       do_scanned },
	{ "a set",                do_set },
	{ "a candidate",          do_candidate },
	{ "closing",              do_close },
	{ "opening",              do_open },
	{ "taking the lease",     do_lease },
	{ "a rollout",            do_rollout },
	{ "web1 running",         do_web1_running },
	{ "the start of stage",   do_stage_start },
	{ "the end of stage",     do_stage_end },
	{ "a debt",               do_debt },
	{ "the start of apply",   do_apply_start },
	{ "a failed apply",       do_apply_failed },
	{ "a checkpoint",         do_checkpoint },
	{ "a wish",               do_pause },
	{ "pausing",              do_paused },
	{ "giving it back",       do_release },
	{ "closing",              do_close },
	{ "opening",              do_open },
	{ "the lease once more",  do_lease },
	{ "going on",             do_resumed },
	{ "apply once more",      do_again_start },
	{ "a good apply",         do_again_end },
	{ "the debt paid",        do_debt_paid },
	{ "web1 done",            do_web1_done },
	{ "web2 done",            do_web2_done },
	{ "the end",              do_end },
	{ "the lease back again", do_release },
	{ "a release",            do_deployed },
	{ "a test",               do_test },
	{ "an approval",          do_approval },
	{ "a refusal",            do_event },
	{ "a clone",              do_clone },
	{ "an action on it",      do_action_start },
	{ "closing",              do_close },
	/* clang-format on */
};

const size_t voyage_leg_count = sizeof voyage_legs / sizeof *voyage_legs;
