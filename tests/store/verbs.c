/* SPDX-License-Identifier: Apache-2.0 */
#include "verbs.h"

#include "store/candidate.h"
#include "store/clone.h"
#include "store/configuration.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/first_seen.h"
#include "store/host.h"
#include "store/index.h"
#include "store/installation.h"
#include "store/lease.h"
#include "store/rehearsal.h"
#include "store/rollout.h"
#include "store/set.h"
#include "store/step.h"
#include "store/store.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char other_set[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
static const struct error cause = { ERR_UNREACHABLE, "no route" };
static const struct step_key web_stage = { 1, "web1", 1, STEP_STAGE };
static const struct step_key web_apply = { 1, "web1", 1, STEP_APPLY };

static const struct debt_row owed = { "web1", DEBT_SERVICE, "qa", 1, 0 };

/* A clone with an action under way, and a rehearsal on it. */
static void furnish_clone(struct store *store)
{
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };
	CLEANUP(rehearsal_row_done) struct rehearsal_row rehearsal = { 0 };
	struct rehearsal_change change = { .clone = "qa/clone-1" };
	struct clone_row_draft draft = { .environment = "qa", .provider = "btrfs" };
	struct error err = { 0 };
	int64_t seq = 0;

	assert_int_equal(0, store_clone_add(store, &draft, "alice", &clone, &err));
	assert_int_equal(
		0, store_clone_action_start(store,
			   &(struct clone_action_draft){ clone.name, "clone", "", "alice" }, &seq,
			   &err));
	assert_int_equal(0, store_rehearsal_add(store,
				    &(struct rehearsal_draft){ "qa", "{}", ORIGIN_PERSON, "alice" },
				    &rehearsal, &err));
	assert_int_equal(0, store_rehearsal_change(store, &rehearsal, &change, "alice", &err));
}

void verbs_furnish(struct store *store)
{
	const struct lease lease = place_lease(store);
	struct rollout_host_row hosts[] = { { .host = "web1", .group = "web", .wave = 1 } };
	struct rollout_draft draft = { "qa", place_candidate, NULL, { hosts, 1 } };
	struct environment_row fresh = { .name = "qa" };
	struct host_row host = { .name = "web1", .environment = "qa", .group = "web" };
	struct index_row index = { .suite = "s", .component = "c", .architecture = "a" };
	struct test_row test = { .environment = "qa", .suite = "shop" };
	struct approval_row approval = { .environment = "qa", .candidate = place_candidate };
	struct error err = { 0 };
	int64_t id = 0;

	place_furnish(store);
	assert_int_equal(0, store_rollout_add(store, &draft, "alice", &id, &err));
	assert_int_equal(0, store_environment_rolling(store, &fresh, id, "alice", &err));
	assert_int_equal(0, store_host_scanned(store, &host, "alice", &err));
	assert_int_equal(0, store_step_start(&lease, &web_stage, 60, &err));
	assert_int_equal(0, store_debt_make(store, &owed, "alice", &err));
	assert_int_equal(0, store_index_replace(store, "debian", &(struct index_rows){ &index, 1 },
				    "al", &err));
	assert_int_equal(0, store_test_add(store, &test, "alice", &id, &err));
	assert_int_equal(0, store_approval_add(store, &approval, "alice", &err));
	furnish_clone(store);
}

static int do_event(struct store *store, struct error *err)
{
	struct event_draft draft = { "alice", "gate.refused", SUBJECT_ENVIRONMENT, "qa", NULL };

	return store_event_add(store, &draft, err);
}

static int do_events(struct store *store, struct error *err)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };

	return store_events(store, &(struct event_filter){ 0 }, &rows, err);
}

static int do_configured(struct store *store, struct error *err)
{
	store_configured(store, "state: here\n");
	return do_event(store, err);
}

static int do_configurations(struct store *store, struct error *err)
{
	return store_configurations_verify(store, err);
}

static int do_verify(struct store *store, struct error *err)
{
	int64_t count = 0;

	return store_event_verify(store, &count, err);
}

static int do_check(struct store *store, struct error *err)
{
	return store_check(store, err);
}

static int do_transaction(struct store *store, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 || do_event(store, err) < 0 ||
		do_event(store, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int do_index(struct store *store, struct error *err)
{
	struct index_row rows[] = { { .suite = "t", .component = "c", .architecture = "a" },
		{ .suite = "u", .component = "c", .architecture = "a" } };

	return store_index_replace(store, "debian", &(struct index_rows){ rows, 2 }, "alice", err);
}

static int do_sync_failed(struct store *store, struct error *err)
{
	return store_sync_failed(store, "debian", &cause, "alice", err);
}

static int do_indexes(struct store *store, struct error *err)
{
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };

	return store_indexes(store, NULL, &rows, err);
}

static int do_syncs(struct store *store, struct error *err)
{
	CLEANUP(sync_rows_done) struct sync_rows rows = { 0 };

	return store_syncs(store, &rows, err);
}

static int do_state(struct store *store, struct error *err)
{
	char text[64], digest[65];

	place_state(3, text, digest);
	return store_state_put(store, digest, "p", text, err);
}

static int do_scanned(struct store *store, struct error *err)
{
	struct host_row host = { .name = "web1", .environment = "qa", .group = "db" };

	return store_host_scanned(store, &host, "alice", err);
}

static int do_failed(struct store *store, struct error *err)
{
	struct host_row host = { .name = "web1", .environment = "qa", .group = "db" };

	return store_host_failed(store, &host, &cause, "alice", err);
}

static int do_leave_one(struct store *store, struct error *err)
{
	CLEANUP(host_row_done) struct host_row row = { 0 };
	bool has_left = false;

	if (store_host_find(store, "web1", &row, err) < 0)
		return -1;
	return store_host_leave(store, &row, "alice", &has_left, err);
}

static int do_leave(struct store *store, struct error *err)
{
	return store_hosts_leave(store, "qa", "alice", err);
}

static int do_host_find(struct store *store, struct error *err)
{
	CLEANUP(host_row_done) struct host_row host = { 0 };

	return store_host_find(store, "web1", &host, err);
}

static int do_set(struct store *store, struct error *err)
{
	struct set_row set = { .digest = other_set };

	return store_set_add(store, &set, "alice", err);
}

static int do_set_find(struct store *store, struct error *err)
{
	CLEANUP(set_row_done) struct set_row set = { 0 };

	return store_set_find(store, "aaaa", &set, err);
}

static int do_set_cleaned(struct store *store, struct error *err)
{
	const struct set_row set = { .digest = place_set, .release = "2.2" };

	return store_set_cleaned(store, &set, "alice", err);
}

static int do_sets_held(struct store *store, struct error *err)
{
	CLEANUP(set_holders_done) struct set_holders holders = { 0 };

	return store_sets_held(store, &holders, err);
}

static int do_check_kept(struct store *store, struct error *err)
{
	return store_candidate_check_kept(store, place_candidate, err);
}

static int do_sets(struct store *store, struct error *err)
{
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };

	return store_sets(store, &rows, err);
}

static int do_candidate(struct store *store, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };

	return store_candidate_add(store,
		&(struct candidate_draft){ "2.3", place_set, LANE_CODE_LINE }, "alice", &row, err);
}

static int do_candidate_close(struct store *store, struct error *err)
{
	return store_candidate_close(store, place_candidate, "old", "alice", err);
}

static int do_candidate_find(struct store *store, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };

	return store_candidate_find(store, "2.2+a", &row, err);
}

static int do_candidates(struct store *store, struct error *err)
{
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };

	return store_candidates(store, NULL, &rows, err);
}

static int do_deployed(struct store *store, struct error *err)
{
	struct environment_row seen = { .name = "qa", .version = 1 };

	return store_environment_deployed(store, &seen, "2.2", "ci", err);
}

static int do_rolling(struct store *store, struct error *err)
{
	struct environment_row seen = { .name = "qa", .version = 1 };

	return store_environment_rolling(store, &seen, 1, "alice", err);
}

static int do_settled(struct store *store, struct error *err)
{
	struct environment_row seen = { .name = "qa", .version = 1 };

	return store_environment_settled(store, &seen, ENVIRONMENT_CLEAN, place_set, "alice", err);
}

static int do_returned(struct store *store, struct error *err)
{
	struct environment_row seen = { .name = "qa", .version = 1 };

	return store_environment_returned(store, &seen, ENVIRONMENT_CLEAN, NULL, "alice", err);
}

static int do_hold(struct store *store, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_environment_hold(store, "qa", "went back", "alice", err) < 0 ||
		store_environment_lift(store, "qa", "mended", "alice", err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int do_before(struct store *store, struct error *err)
{
	enum environment_status status;
	CLEANUP(free) char *set = NULL;

	return store_environment_before(store, "qa", 1, &status, &set, err);
}

static int do_environments(struct store *store, struct error *err)
{
	CLEANUP(environment_rows_done) struct environment_rows rows = { 0 };
	CLEANUP(environment_change_rows_done) struct environment_change_rows history = { 0 };

	if (store_environments(store, &rows, err) < 0)
		return -1;
	return store_environment_history(store, "qa", 0, &history, err);
}

static int do_lease_is_held(struct store *store, struct error *err)
{
	bool is_held = false;

	return lease_is_held(store, "beta", &is_held, err);
}

static int do_debt_make(struct store *store, struct error *err)
{
	const struct debt_row debt = { "web1", DEBT_UPDATERS, "qa", 1, 0 };

	return store_debt_make(store, &debt, "alice", err);
}

static int do_debt_pay(struct store *store, struct error *err)
{
	return store_debt_pay(store, owed.host, owed.debt, "undrain", "alice", err);
}

static int do_debts(struct store *store, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows all = { 0 }, of_one = { 0 };

	if (store_debts(store, NULL, &all, err) < 0)
		return -1;
	return store_debts_of(store, "web1", &of_one, err);
}

static int do_wish(struct store *store, struct error *err)
{
	return store_rollout_wish(store, 1, WISH_PAUSE, "alice", err);
}

static int do_first_seen(struct store *store, struct error *err)
{
	CLEANUP(first_seen_rows_done) struct first_seen_rows rows = { 0 };

	return store_first_seen(store, &rows, err);
}

static int do_first_seen_note(struct store *store, struct error *err)
{
	struct first_seen_row seen[] = { { "p", "a", "amd64", "1", 9 },
		{ "p", "b", "amd64", "1", 9 } };

	return store_first_seen_note(store, &(struct first_seen_rows){ seen, 2 }, err);
}

static int do_rollout(struct store *store, struct error *err)
{
	struct rollout_host_row hosts[] = { { .host = "a", .wave = 1 },
		{ .host = "b", .wave = 2 } };
	struct rollout_draft draft = { "beta", place_candidate, NULL, { hosts, 2 } };
	int64_t id = 0;

	return store_rollout_add(store, &draft, "alice", &id, err);
}

static int do_rollout_move(struct store *store, struct error *err)
{
	struct rollout_move move = { 1, ROLLOUT_RUNNING, ROLLOUT_STOPPED, "why" };

	return store_rollout_move(store, &move, "alice", err);
}

static int do_host_move(struct store *store, struct error *err)
{
	struct rollout_host_move move = { 1, "web1", HOST_WAITING, HOST_RUNNING, FAILURE_NONE, NULL,
		NULL, NULL };

	return store_rollout_host_move(store, &move, "alice", err);
}

static int do_host_said(struct store *store, struct error *err)
{
	return store_rollout_host_said(store, 1, "web1", "Setting up openssl", err);
}

static int do_way(struct store *store, struct error *err)
{
	return store_rollout_host_way(store, 1, "web1", "{}", "alice", err);
}

static int do_rollouts(struct store *store, struct error *err)
{
	CLEANUP(free) char *known_as = NULL;
	CLEANUP(free) char *installation = NULL;
	CLEANUP(rollout_rows_done) struct rollout_rows open = { 0 };
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 }, unfinished = { 0 };
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };

	if (store_rollout_find(store, 1, &row, err) < 0 ||
		store_rollout_known_as(store, 1, &known_as, err) < 0 ||
		store_installation(store, &installation, err) < 0 ||
		store_rollout_unfinished(store, "qa", &unfinished, err) < 0 ||
		store_rollouts(store, NULL, 0, &rows, err) < 0 ||
		store_rollouts_unfinished(store, NULL, &open, err) < 0)
		return -1;
	if (store_rollout_hosts(store, 1, &hosts, err) < 0)
		return -1;
	rollout_host_rows_done(&hosts);
	return store_rollout_hosts_brief(store, 1, &hosts, err);
}

static int do_step_start(struct store *store, struct error *err)
{
	const struct lease lease = place_lease(store);

	return store_step_start(&lease, &web_apply, 60, err);
}

static int do_step_end(struct store *store, struct error *err)
{
	const struct lease lease = place_lease(store);

	return store_step_end(
		&lease, &web_stage, &(struct step_end){ STEP_STATE_FAILED, &cause, "log" }, err);
}

static int do_steps(struct store *store, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows steps = { 0 }, open = { 0 };

	if (store_steps(store, 1, "web1", &steps, err) < 0)
		return -1;
	return store_steps_open(store, NULL, &open, err);
}

static int do_test(struct store *store, struct error *err)
{
	struct test_row test = { .environment = "qa", .candidate = place_candidate, .suite = "s" };
	int64_t id = 0;

	return store_test_add(store, &test, "alice", &id, err);
}

static int do_tests(struct store *store, struct error *err)
{
	CLEANUP(test_rows_done) struct test_rows rows = { 0 };
	CLEANUP(test_row_done) struct test_row row = { 0 };

	if (store_test_find(store, 1, &row, err) < 0)
		return -1;
	return store_tests(store, NULL, NULL, &rows, err);
}

static int do_approval(struct store *store, struct error *err)
{
	struct approval_row approval = { .environment = "qa", .candidate = place_candidate };

	return store_approval_add(store, &approval, "bob", err);
}

static int do_approvals(struct store *store, struct error *err)
{
	CLEANUP(approval_rows_done) struct approval_rows rows = { 0 };

	return store_approvals(store, NULL, NULL, &rows, err);
}

static int do_join(struct store *store, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	const struct candidate_draft drafts[] = { { "2.4", place_set, LANE_SNAPSHOT },
		{ "2.4", place_set, LANE_CODE_LINE } };
	CLEANUP(candidate_row_done) struct candidate_row one = { 0 }, two = { 0 };

	if (transaction_begin(&transaction, store, err) < 0 ||
		store_candidate_add(store, &drafts[0], "alice", &one, err) < 0 ||
		store_candidate_add(store, &drafts[1], "alice", &two, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int do_clone(struct store *store, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct clone_row_draft draft = { .environment = "qa", .provider = "btrfs" };

	return store_clone_add(store, &draft, "alice", &row, err);
}

static int do_clone_change(struct store *store, struct error *err)
{
	const struct clone_row seen = { .name = "qa/clone-1", .version = 1 };
	const struct clone_change change = { .to = CLONE_MADE, .candidate = place_candidate };

	return store_clone_change(store, &seen, &change, "alice", err);
}

static int do_clones(struct store *store, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };

	if (store_clone_find(store, "qa/clone-1", &row, err) < 0)
		return -1;
	return store_clones(store, NULL, true, &rows, err);
}

static int do_action_start(struct store *store, struct error *err)
{
	int64_t seq = 0;

	return store_clone_action_start(store,
		&(struct clone_action_draft){ "qa/clone-1", "start", "web1", "alice" }, &seq, err);
}

static int do_action_end(struct store *store, struct error *err)
{
	const struct clone_action_end end = { .state = CLONE_ACTION_FAILED, .cause = &cause };

	return store_clone_action_end(store, "qa/clone-1", 1, &end, "alice", err);
}

static int do_actions(struct store *store, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 }, open = { 0 };

	if (store_clone_actions(store, "qa/clone-1", &rows, err) < 0)
		return -1;
	return store_clone_actions_open(store, NULL, &open, err);
}

static int do_rehearsal(struct store *store, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	return store_rehearsal_add(
		store, &(struct rehearsal_draft){ "qa", "{}", ORIGIN_DUE, "alice" }, &row, err);
}

static int do_rehearsal_change(struct store *store, struct error *err)
{
	const struct rehearsal_row seen = { .id = 1, .version = 2 };
	const struct rehearsal_change change = { .to = REHEARSAL_WAITING, .set = place_set };

	return store_rehearsal_change(store, &seen, &change, "alice", err);
}

static int do_rehearsal_end(struct store *store, struct error *err)
{
	const struct rehearsal_change change = { .to = REHEARSAL_ENDED, .reason = "it expired" };

	return store_rehearsal_end(store, "qa/clone-1", &change, "alice", err);
}

static int do_rehearsals(struct store *store, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 }, of_clone = { 0 };
	CLEANUP(rehearsal_row_done) struct rehearsal_row newest = { 0 }, by_person = { 0 };
	CLEANUP(rehearsal_rows_done) struct rehearsal_rows rows = { 0 };

	if (store_rehearsal_find(store, 1, &row, err) < 0 ||
		store_rehearsal_of_clone(store, "qa/clone-1", &of_clone, err) < 0 ||
		store_rehearsal_newest(store, "qa", &newest, err) < 0 ||
		store_rehearsal_newest_by(store, "qa", ORIGIN_PERSON, &by_person, err) < 0)
		return -1;
	return store_rehearsals_running(store, &rows, err);
}

const struct verb verbs[] = {
	/* clang-format off */
	{ "event",           do_event },
	{ "events",          do_events },
	{ "verify",          do_verify },
	{ "configured",      do_configured },
	{ "configurations",  do_configurations },
	{ "check",           do_check },
	{ "transaction",     do_transaction },
	{ "index",           do_index },
	{ "sync failed",     do_sync_failed },
	{ "indexes",         do_indexes },
	{ "syncs",           do_syncs },
	{ "state",           do_state },
	{ "scanned",         do_scanned },
	{ "failed",          do_failed },
	{ "forget",          do_leave_one },
	{ "leave",           do_leave },
	{ "host find",       do_host_find },
	{ "set",             do_set },
	{ "set find",        do_set_find },
	{ "sets",            do_sets },
	{ "set cleaned",     do_set_cleaned },
	{ "sets held",       do_sets_held },
	{ "kept",            do_check_kept },
	{ "candidate",       do_candidate },
	{ "candidate close", do_candidate_close },
	{ "candidate find",  do_candidate_find },
	{ "candidates",      do_candidates },
	{ "deployed",        do_deployed },
	{ "rolling",         do_rolling },
	{ "settled",         do_settled },
	{ "returned",        do_returned },
	{ "hold and lift",   do_hold },
	{ "before",          do_before },
	{ "environments",    do_environments },
	{ "lease is held",   do_lease_is_held },
	{ "debt make",       do_debt_make },
	{ "debt pay",        do_debt_pay },
	{ "debts",           do_debts },
	{ "wish",            do_wish },
	{ "sightings",       do_first_seen },
	{ "sightings note",  do_first_seen_note },
	{ "rollout",         do_rollout },
	{ "rollout move",    do_rollout_move },
	{ "host move",       do_host_move },
	{ "host said",       do_host_said },
	{ "host way back",   do_way },
	{ "rollouts",        do_rollouts },
	{ "step start",      do_step_start },
	{ "step end",        do_step_end },
	{ "steps",           do_steps },
	{ "test",            do_test },
	{ "tests",           do_tests },
	{ "approval",        do_approval },
	{ "approvals",       do_approvals },
	{ "candidate joins", do_join },
	{ "clone",           do_clone },
	{ "clone change",    do_clone_change },
	{ "clones",          do_clones },
	{ "action start",    do_action_start },
	{ "action end",      do_action_end },
	{ "actions",         do_actions },
	{ "rehearsal",       do_rehearsal },
	{ "rehearsal change", do_rehearsal_change },
	{ "rehearsal end",   do_rehearsal_end },
	{ "rehearsals",      do_rehearsals },
	/* clang-format on */
};

const size_t verb_count = sizeof verbs / sizeof *verbs;
