/* SPDX-License-Identifier: Apache-2.0 */
#include "store/clone.h"
#include "store/host.h"
#include "store/rehearsal.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A new clone of `environment`, read back. */
static struct clone_row begun(struct store *store, const char *environment)
{
	const struct clone_row_draft draft = {
		.environment = environment, .provider = "btrfs", .expires_at = 99
	};
	struct clone_row row = { 0 };
	struct error err = { 0 };

	if (store_clone_add(store, &draft, "alice", &row, &err) < 0)
		fail_msg("%s", err.text);
	return row;
}

/* Move a clone to a state, and read it again. */
static void move(struct store *store, struct clone_row *row, enum clone_state to)
{
	const struct clone_change change = { .to = to };
	struct clone_row now = { 0 };
	struct error err = { 0 };

	if (store_clone_change(store, row, &change, "alice", &err) < 0 ||
		store_clone_find(store, row->name, &now, &err) < 0)
		fail_msg("%s", err.text);
	clone_row_done(row);
	*row = now;
}

static void test_clone__keeps_every_field(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	const struct clone_row_draft draft = {
		.environment = "production",
		.provider = "btrfs",
		.release = "2.2",
		.set = place_set,
		.fingerprint = "f1",
		.original = "{\"hosts\":[]}",
		.coverage = "{\"areas\":1}",
		.expires_at = 4102444800,
	};
	struct error err = { 0 };

	place_furnish(place->store);
	assert_int_equal(0, store_clone_add(place->store, &draft, "alice", &row, &err));
	assert_string_equal("production/clone-1", row.name);
	assert_string_equal("production", row.environment);
	assert_int_equal(1, row.number);
	assert_int_equal(CLONE_MAKING, row.state);
	assert_int_equal(1, row.version);
	assert_string_equal("", row.reason);
	assert_string_equal("btrfs", row.provider);
	assert_string_equal("2.2", row.release);
	assert_string_equal(place_set, row.set);
	assert_null(row.candidate);
	assert_true(row.created_at > 0 && row.ended_at == 0);
	assert_string_equal("alice", row.created_by);
	assert_true(row.expires_at == 4102444800);
	assert_string_equal("f1", row.fingerprint);
	assert_string_equal("{\"hosts\":[]}", row.original);
	assert_string_equal("{\"areas\":1}", row.coverage);
	assert_string_equal("{}", row.taken);
	assert_string_equal("{}", row.machines);
	assert_int_equal(1,
		place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'clone.making'"
				 " AND subject = 'clone' AND subject_id = 'production/clone-1'"));
}

static void test_clone__changes_only_what_is_named(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row seen = { 0 }, now = { 0 };
	const struct clone_change made = { .to = CLONE_MADE,
		.reason = "copied",
		.candidate = place_candidate,
		.taken = "{\"hosts\":1}" };
	const struct clone_change noted = {
		.to = CLONE_MADE, .machines = "{\"hosts\":2}", .expires_at = 100
	};
	struct error err = { 0 };

	place_furnish(place->store);
	seen = begun(place->store, "production");
	assert_int_equal(0, store_clone_change(place->store, &seen, &made, "bob", &err));
	assert_int_equal(0, store_clone_find(place->store, seen.name, &now, &err));
	assert_int_equal(CLONE_MADE, now.state);
	assert_int_equal(2, now.version);
	assert_string_equal("copied", now.reason);
	assert_string_equal(place_candidate, now.candidate);
	assert_string_equal("{\"hosts\":1}", now.taken);
	assert_int_equal(99, now.expires_at);
	assert_int_equal(0, store_clone_change(place->store, &now, &noted, "bob", &err));
	clone_row_done(&seen);
	assert_int_equal(0, store_clone_find(place->store, now.name, &seen, &err));
	assert_string_equal("copied", seen.reason);
	assert_string_equal("{\"hosts\":1}", seen.taken);
	assert_string_equal("{\"hosts\":2}", seen.machines);
	assert_int_equal(100, seen.expires_at);
	move(place->store, &seen, CLONE_RUNNING);
	assert_string_equal("", seen.reason);
	assert_string_equal("{\"hosts\":2}", seen.machines);
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'clone.noted'"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'clone.running'"));
}

static void test_clone__changes_only_from_what_was_seen(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	CLEANUP(clone_row_done) struct clone_row old = begun(place->store, "production");
	CLEANUP(clone_row_done) struct clone_row now = { 0 };
	const struct clone_row strange = { .name = "production/clone-7", .version = 1 };
	struct clone_change change = { .to = CLONE_MADE };
	struct error err = { 0 };

	assert_int_equal(0, store_clone_find(place->store, old.name, &now, &err));
	move(place->store, &now, CLONE_MADE);
	assert_true(place_refused(store_clone_change(other, &old, &change, "bob", &err), &err,
		ERR_CONFLICT,
		"'production/clone-1' was changed meanwhile by somebody else: it is made"));
	change.to = CLONE_SWAPPED;
	assert_true(place_refused(store_clone_change(other, &now, &change, "bob", &err), &err,
		ERR_CONFLICT, "is made and cannot become swapped"));
	change = (struct clone_change){ .to = CLONE_MADE, .candidate = "9.9+nothing" };
	assert_true(place_refused(
		store_clone_change(other, &now, &change, "bob", &err), &err, ERR_NOT_FOUND, ""));
	change = (struct clone_change){ .to = CLONE_MADE };
	assert_true(place_refused(store_clone_change(other, &strange, &change, "bob", &err), &err,
		ERR_NOT_FOUND, "there is no clone 'production/clone-7'"));
}

static void test_clone__number_is_never_given_again(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row one = begun(place->store, "production");
	CLEANUP(clone_row_done) struct clone_row two = { 0 }, qa = { 0 };
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };
	struct error err = { 0 };

	move(place->store, &one, CLONE_REMOVING);
	assert_int_equal(0, one.ended_at);
	move(place->store, &one, CLONE_REMOVED);
	assert_true(one.ended_at > 0);
	two = begun(place->store, "production");
	qa = begun(place->store, "qa");
	assert_string_equal("production/clone-2", two.name);
	assert_string_equal("qa/clone-1", qa.name);
	assert_int_equal(0, store_clones(place->store, NULL, false, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_string_equal("production/clone-2", rows.items[0].name);
	assert_string_equal("qa/clone-1", rows.items[1].name);
	clone_rows_done(&rows);
	assert_int_equal(0, store_clones(place->store, "production", true, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_string_equal("production/clone-1", rows.items[1].name);
	assert_true(place_refused(store_clone_find(place->store, "production/clone-3", &one, &err),
		&err, ERR_NOT_FOUND, "there is no clone 'production/clone-3'"));
}

static void scanned(struct store *store, const char *name, const char *environment)
{
	const struct host_row host = { .name = name, .environment = environment, .group = "web" };
	struct error err = { 0 };

	if (store_host_scanned(store, &host, "alice", &err) < 0)
		fail_msg("%s", err.text);
}

static void test_clone__takes_its_hosts_along(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row clone = begun(place->store, "production");
	CLEANUP(host_rows_done) struct host_rows hosts = { 0 };
	struct error err = { 0 };

	scanned(place->store, "production/clone-1/web1", "production/clone-1");
	scanned(place->store, "web1", "production");
	move(place->store, &clone, CLONE_REMOVING);
	assert_int_equal(0, store_hosts(place->store, NULL, &hosts, &err));
	assert_int_equal(2, hosts.count);
	host_rows_done(&hosts);
	move(place->store, &clone, CLONE_REMOVED);
	assert_int_equal(0, store_hosts(place->store, NULL, &hosts, &err));
	assert_int_equal(1, hosts.count);
	assert_string_equal("web1", hosts.items[0].name);
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'host.gone'"));
}

static int64_t acting(struct store *store, const char *clone, const char *action, const char *on)
{
	struct error err = { 0 };
	int64_t seq = 0;

	if (store_clone_action_start(store,
		    &(struct clone_action_draft){ clone, action, on, "alice" }, &seq, &err) < 0)
		fail_msg("%s", err.text);
	return seq;
}

static void test_journal__is_on_the_disk_before_and_after(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row clone = begun(place->store, "production");
	CLEANUP(store_close) struct store *other = place_connect(place);
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };
	const struct error cause = { ERR_SYSTEM, "no space left" };
	const struct clone_action_end done = {
		.state = CLONE_ACTION_DONE, .output = "ok\n", .details = "{\"ms\":4}"
	};
	const struct clone_action_end failed = { .state = CLONE_ACTION_FAILED, .cause = &cause };
	struct error err = { 0 };

	assert_int_equal(1, acting(place->store, clone.name, "clone", NULL));
	assert_int_equal(2, acting(place->store, clone.name, "sanitize", "prod-db1"));
	assert_int_equal(0, store_clone_actions_open(other, NULL, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_string_equal("", rows.items[0].target);
	clone_action_rows_done(&rows);
	assert_int_equal(
		0, store_clone_action_end(place->store, clone.name, 1, &done, "alice", &err));
	assert_int_equal(
		0, store_clone_action_end(place->store, clone.name, 2, &failed, "alice", &err));
	assert_true(place_refused(
		store_clone_action_end(place->store, clone.name, 2, &done, "alice", &err), &err,
		ERR_CONFLICT, "action 2 of 'production/clone-1': it is not running"));
	assert_int_equal(0, store_clone_actions_open(other, clone.name, &rows, &err));
	assert_int_equal(0, rows.count);
	clone_action_rows_done(&rows);
	assert_int_equal(0, store_clone_actions(other, clone.name, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_int_equal(CLONE_ACTION_DONE, rows.items[0].state);
	assert_string_equal("ok\n", rows.items[0].output);
	assert_string_equal("{\"ms\":4}", rows.items[0].details);
	assert_null(rows.items[0].error_kind);
	assert_true(rows.items[0].started_at > 0 && rows.items[0].ended_at > 0);
	assert_string_equal("prod-db1", rows.items[1].target);
	assert_string_equal("system", rows.items[1].error_kind);
	assert_string_equal("no space left", rows.items[1].error);
	assert_string_equal("{}", rows.items[1].details);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind ="
					     " 'action.failed' AND subject = 'clone'"));
}

static void test_journal__takes_no_part_in_a_transaction(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row clone = begun(place->store, "production");
	const struct clone_action_end end = { .state = CLONE_ACTION_INTERRUPTED };
	struct error err = { 0 };
	int64_t seq = -1;

	assert_int_equal(1, acting(place->store, clone.name, "start", ""));
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_true(place_refused(
		store_clone_action_start(place->store,
			&(struct clone_action_draft){ clone.name, "stop", "", "al" }, &seq, &err),
		&err, ERR_USAGE, "not written inside a transaction"));
	assert_true(
		place_refused(store_clone_action_end(place->store, clone.name, 1, &end, "al", &err),
			&err, ERR_USAGE, "not written inside a transaction"));
	transaction_done(&transaction);
	assert_int_equal(-1, seq);
	assert_true(place_refused(
		store_clone_action_start(place->store,
			&(struct clone_action_draft){ "qa/clone-9", "stop", "", "al" }, &seq, &err),
		&err, ERR_NOT_FOUND, "writing down 'stop' on 'qa/clone-9'"));
}

static void test_rehearsal__keeps_and_changes_its_fields(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 }, now = { 0 };
	struct rehearsal_change change = {
		.to = REHEARSAL_RUNNING, .set = place_set, .candidate = place_candidate
	};
	struct error err = { 0 };

	place_furnish(place->store);
	clone = begun(place->store, "production");
	assert_int_equal(0, store_rehearsal_add(place->store,
				    &(struct rehearsal_draft){
					    "production", "{\"all\":true}", ORIGIN_DUE, "timer" },
				    &row, &err));
	assert_int_equal(1, row.id);
	assert_string_equal("{\"all\":true}", row.asked);
	assert_int_equal(ORIGIN_DUE, row.origin);
	assert_int_equal(REHEARSAL_RUNNING, row.state);
	assert_null(row.clone);
	assert_true(row.started_at > 0 && row.ended_at == 0);
	assert_string_equal("timer", row.started_by);
	assert_true(place_refused(store_rehearsal_of_clone(place->store, clone.name, &now, &err),
		&err, ERR_NOT_FOUND, "nothing was rehearsed on 'production/clone-1'"));
	change.clone = clone.name;
	assert_int_equal(0, store_rehearsal_change(place->store, &row, &change, "timer", &err));
	assert_int_equal(0, store_rehearsal_of_clone(place->store, clone.name, &now, &err));
	assert_int_equal(1, now.id);
	assert_string_equal(place_set, now.set);
	assert_string_equal(place_candidate, now.candidate);
	assert_int_equal(0, now.ended_at);
	change = (struct rehearsal_change){ .to = REHEARSAL_WAITING, .reason = "3 tests passed" };
	assert_true(place_refused(
		store_rehearsal_change(place->store, &row, &change, "timer", &err), &err,
		ERR_CONFLICT, "rehearsal-1 was changed meanwhile by somebody else: it is running"));
	assert_int_equal(0, store_rehearsal_change(place->store, &now, &change, "timer", &err));
	rehearsal_row_done(&row);
	assert_int_equal(0, store_rehearsal_find(place->store, 1, &row, &err));
	assert_int_equal(REHEARSAL_WAITING, row.state);
	assert_string_equal("3 tests passed", row.reason);
	assert_string_equal(place_set, row.set);
	assert_true(row.ended_at > 0);
	change = (struct rehearsal_change){ .to = REHEARSAL_RUNNING };
	assert_int_equal(0, store_rehearsal_change(place->store, &row, &change, "bob", &err));
	rehearsal_row_done(&now);
	assert_int_equal(0, store_rehearsal_find(place->store, 1, &now, &err));
	assert_string_equal("", now.reason);
	assert_int_equal(0, now.ended_at);
	change.to = REHEARSAL_ENTERED;
	assert_true(place_refused(store_rehearsal_change(place->store, &now, &change, "bob", &err),
		&err, ERR_CONFLICT, "rehearsal-1 is running and cannot become entered"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'rehearsal.waiting'"
				    " AND subject = 'rehearsal' AND subject_id = 'rehearsal-1'"));
}

/* A rehearsal of that environment and origin that goes to `to`. */
static void rehearsed(struct store *store, const struct rehearsal_draft *draft,
	const struct rehearsal_change *change)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_rehearsal_add(store, draft, &row, &err));
	assert_int_equal(0, store_rehearsal_change(store, &row, change, "al", &err));
}

static void test_rehearsal__newest_and_running_are_found(void **state)
{
	struct place *place = *state;
	CLEANUP(rehearsal_row_done) struct rehearsal_row any = { 0 }, due = { 0 };
	CLEANUP(rehearsal_rows_done) struct rehearsal_rows rows = { 0 };
	const struct rehearsal_change stays = { .to = REHEARSAL_RUNNING },
				      fails = { .to = REHEARSAL_FAILED };
	struct error err = { 0 };

	rehearsed(place->store, &(struct rehearsal_draft){ "production", "{}", ORIGIN_DUE, "al" },
		&stays);
	rehearsed(
		place->store, &(struct rehearsal_draft){ "qa", "{}", ORIGIN_PERSON, "al" }, &stays);
	rehearsed(place->store,
		&(struct rehearsal_draft){ "production", "{}", ORIGIN_PERSON, "al" }, &fails);
	assert_int_equal(0, store_rehearsal_newest(place->store, "production", &any, &err));
	assert_int_equal(3, any.id);
	assert_int_equal(
		0, store_rehearsal_newest_by(place->store, "production", ORIGIN_DUE, &due, &err));
	assert_int_equal(1, due.id);
	assert_true(
		place_refused(store_rehearsal_newest_by(place->store, "qa", ORIGIN_DUE, &due, &err),
			&err, ERR_NOT_FOUND, "'qa' was never rehearsed by 'due'"));
	assert_true(place_refused(store_rehearsal_newest(place->store, "staging", &any, &err), &err,
		ERR_NOT_FOUND, "'staging' was never rehearsed"));
	assert_true(place_refused(store_rehearsal_find(place->store, 8, &any, &err), &err,
		ERR_NOT_FOUND, "there is no rehearsal-8"));
	assert_int_equal(0, store_rehearsals_running(place->store, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_int_equal(2, rows.items[0].id);
	assert_int_equal(1, rows.items[1].id);
}

static void test_rehearsal__ends_with_its_clone_once(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row clone = begun(place->store, "production");
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };
	const struct rehearsal_change waits = { .to = REHEARSAL_WAITING, .clone = clone.name },
				      entered = { .to = REHEARSAL_ENTERED },
				      ended = { .to = REHEARSAL_ENDED, .reason = "it expired" };
	struct error err = { 0 };

	assert_int_equal(0, store_rehearsal_end(place->store, clone.name, &ended, "al", &err));
	rehearsed(place->store, &(struct rehearsal_draft){ "production", "{}", ORIGIN_DUE, "al" },
		&waits);
	assert_int_equal(0, store_rehearsal_end(place->store, clone.name, &entered, "al", &err));
	assert_int_equal(0, store_rehearsal_end(place->store, clone.name, &ended, "al", &err));
	assert_int_equal(0, store_rehearsal_find(place->store, 1, &row, &err));
	assert_int_equal(REHEARSAL_ENTERED, row.state);
	assert_string_equal("", row.reason);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_clone__keeps_every_field),
		IN_PLACE(test_clone__changes_only_what_is_named),
		IN_PLACE(test_clone__changes_only_from_what_was_seen),
		IN_PLACE(test_clone__number_is_never_given_again),
		IN_PLACE(test_clone__takes_its_hosts_along),
		IN_PLACE(test_journal__is_on_the_disk_before_and_after),
		IN_PLACE(test_journal__takes_no_part_in_a_transaction),
		IN_PLACE(test_rehearsal__keeps_and_changes_its_fields),
		IN_PLACE(test_rehearsal__newest_and_running_are_found),
		IN_PLACE(test_rehearsal__ends_with_its_clone_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
