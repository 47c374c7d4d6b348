/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "store/evidence.h"
#include "store/host.h"
#include "store/installation.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A rollout of three hosts in two waves in `environment`. */
static int start(struct store *store, const char *environment, int64_t *id, struct error *err)
{
	struct rollout_host_row hosts[] = {
		{ .host = "web2", .group = "web", .wave = 2, .position = 1, .plan = "[2]" },
		{ .host = "web1", .group = "web", .wave = 1, .position = 1, .plan = "[1]" },
		{ .host = "db1",
			.group = "db",
			.wave = 1,
			.position = 2,
			.verdict = HOST_SKIPPED,
			.reason = "held back" },
	};
	struct rollout_draft draft = { environment, place_candidate, "{\"waves\":2}",
		{ hosts, 3 } };

	return store_rollout_add(store, &draft, "alice", id, err);
}

static int64_t begun(struct store *store)
{
	struct error err = { 0 };
	int64_t id = 0;

	place_furnish(store);
	if (start(store, "qa", &id, &err) < 0)
		fail_msg("%s", err.text);
	return id;
}

static int move(struct store *store, int64_t id, enum rollout_state from, enum rollout_state to,
	struct error *err)
{
	struct rollout_move m = { id, from, to, "because" };

	return store_rollout_move(store, &m, "alice", err);
}

static void test_rollout__keeps_every_field(void **state)
{
	struct place *place = *state;
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	CLEANUP(free) char *installation = NULL;
	CLEANUP(free) char *whole = NULL;
	CLEANUP(free) char *known_as = NULL;
	int64_t id = begun(place->store);
	struct error err = { 0 };

	assert_int_equal(0, store_rollout_find(place->store, id, &row, &err));
	assert_string_equal("qa", row.environment);
	assert_int_equal(0, store_installation(place->store, &installation, &err));
	assert_int_equal(INSTALLATION_ID_LENGTH, strlen(installation));
	whole = mem_printf("rollout-%lld-%s", (long long)id, installation);
	assert_string_equal(whole, row.known_as);
	assert_int_equal(0, store_rollout_known_as(place->store, id, &known_as, &err));
	assert_string_equal(whole, known_as);
	assert_string_equal(place_candidate, row.candidate);
	assert_int_equal(ROLLOUT_RUNNING, row.state);
	assert_string_equal("alice", row.started_by);
	assert_string_equal("{\"waves\":2}", row.inputs);
	assert_true(row.started_at > 0 && row.ended_at == 0);
	assert_int_equal(0, store_rollout_hosts(place->store, id, &hosts, &err));
	assert_int_equal(3, hosts.count);
	assert_string_equal("web1", hosts.items[0].host);
	assert_string_equal("db1", hosts.items[1].host);
	assert_string_equal("web2", hosts.items[2].host);
	assert_string_equal("[1]", hosts.items[0].plan);
	assert_string_equal("[]", hosts.items[1].plan);
	assert_int_equal(HOST_WAITING, hosts.items[0].verdict);
	assert_int_equal(HOST_SKIPPED, hosts.items[1].verdict);
	assert_string_equal("held back", hosts.items[1].reason);
	assert_int_equal(2, hosts.items[2].wave);
	assert_true(
		store_rollout_find(place->store, 99, &row, &err) < 0 && err.kind == ERR_NOT_FOUND);
}

static void test_rollout__there_is_one_unfinished_in_an_environment(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };
	int64_t id = begun(place->store), second = 0;
	struct error err = { 0 };

	assert_true(place_refused(start(other, "qa", &second, &err), &err, ERR_CONFLICT,
		"rollout-1 is running there; resume it or cancel it first"));
	assert_int_equal(0, start(other, "beta", &second, &err));
	assert_int_equal(2, second);
	assert_int_equal(0, move(place->store, id, ROLLOUT_RUNNING, ROLLOUT_STOPPED, &err));
	assert_true(place_refused(
		start(other, "qa", &second, &err), &err, ERR_CONFLICT, "rollout-1 is stopped"));
	assert_int_equal(0, store_rollout_unfinished(other, "qa", &row, &err));
	assert_int_equal(id, row.id);
	assert_string_equal("because", row.reason);
	assert_int_equal(0, move(other, id, ROLLOUT_STOPPED, ROLLOUT_CANCELLED, &err));
	rollout_row_done(&row);
	assert_true(place_refused(store_rollout_unfinished(other, "qa", &row, &err), &err,
		ERR_NOT_FOUND, "no unfinished rollout in 'qa'"));
	assert_int_equal(0, start(place->store, "qa", &second, &err));
	assert_int_equal(3, second);
	assert_int_equal(0, store_rollouts(place->store, NULL, 2, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_int_equal(3, rows.items[0].id);
	rollout_rows_done(&rows);
	assert_int_equal(0, store_rollouts(place->store, "qa", 0, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_true(rows.items[1].ended_at > 0);
}

static void test_rollout__moves_only_from_where_it_is(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	int64_t id = begun(place->store);
	struct error err = { 0 };

	assert_int_equal(0, move(place->store, id, ROLLOUT_RUNNING, ROLLOUT_PAUSED, &err));
	assert_true(place_refused(move(other, id, ROLLOUT_RUNNING, ROLLOUT_STOPPED, &err), &err,
		ERR_CONFLICT, "rollout-1 is paused, not running"));
	assert_true(place_refused(move(other, id, ROLLOUT_PAUSED, ROLLOUT_DONE, &err), &err,
		ERR_CONFLICT, "rollout-1 is paused and cannot become done"));
	assert_true(place_refused(move(other, 77, ROLLOUT_RUNNING, ROLLOUT_DONE, &err), &err,
		ERR_NOT_FOUND, "there is no rollout-77"));
	assert_int_equal(0, move(other, id, ROLLOUT_PAUSED, ROLLOUT_RUNNING, &err));
	assert_int_equal(0, move(other, id, ROLLOUT_RUNNING, ROLLOUT_DONE, &err));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'rollout.done'"));
}

static void test_rollout__wants_a_candidate_that_is_kept(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };
	int64_t id = -1;

	assert_true(place_refused(start(place->store, "qa", &id, &err), &err, ERR_NOT_FOUND,
		"starting a rollout of '2.2+aaaaaaaaaaaa' in 'qa'"));
	assert_int_equal(-1, id);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM rollout"));
}

static void test_rollout__host_moves_only_from_where_it_is(void **state)
{
	struct place *place = *state;
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	int64_t id = begun(place->store);
	struct error err = { 0 };
	char before[65], after[65], text[64];
	struct rollout_host_move go = { id, "web1", HOST_WAITING, HOST_RUNNING, FAILURE_NONE, NULL,
		before, NULL };
	struct rollout_host_move end = { id, "web1", HOST_RUNNING, HOST_DONE, FAILURE_NONE, "ok",
		NULL, after };
	struct rollout_host_move lost = { id, "stranger", HOST_WAITING, HOST_DONE, FAILURE_NONE,
		NULL, NULL, NULL };

	place_state(1, text, before);
	assert_int_equal(0, store_state_put(place->store, before, "p", text, &err));
	place_state(2, text, after);
	assert_true(place_refused(store_rollout_host_move(place->store, &end, "alice", &err), &err,
		ERR_CONFLICT, "the host 'web1' of rollout-1 is waiting, not running"));
	assert_int_equal(0, store_rollout_host_move(place->store, &go, "alice", &err));
	assert_true(place_refused(store_rollout_host_move(place->store, &go, "alice", &err), &err,
		ERR_CONFLICT, "is running, not waiting"));
	assert_true(place_refused(store_rollout_host_move(place->store, &end, "alice", &err), &err,
		ERR_NOT_FOUND, "moving the host 'web1'")); /* the state after is not kept */
	assert_true(place_refused(store_rollout_host_move(place->store, &lost, "alice", &err), &err,
		ERR_NOT_FOUND, "no host 'stranger' in rollout-1"));
	assert_int_equal(0, store_state_put(place->store, after, "p", text, &err));
	assert_int_equal(0, store_rollout_host_move(place->store, &end, "alice", &err));
	assert_int_equal(0, store_rollout_hosts(place->store, id, &hosts, &err));
	assert_int_equal(HOST_DONE, hosts.items[0].verdict);
	assert_string_equal("ok", hosts.items[0].reason);
	assert_string_equal(before, hosts.items[0].state_before);
	assert_string_equal(after, hosts.items[0].state_after);
	assert_true(hosts.items[0].started_at > 0 && hosts.items[0].ended_at > 0);
}

/* What a host said is for people who watch: harmless, short, of one step, and no part of the record. */
static void test_rollout__keeps_what_a_host_said_last(void **state)
{
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 }, brief = { 0 };
	int64_t id = begun(place->store);
	int64_t events = place_ask(place, "SELECT COUNT(*) FROM event");
	struct step_key apply = { id, "web1", 1, STEP_APPLY };
	struct error err = { 0 };
	char line[3 * ROLLOUT_SAID_SIZE];

	assert_true(
		place_refused(store_rollout_host_said(place->store, id, "stranger", "hello", &err),
			&err, ERR_NOT_FOUND, "no host 'stranger' in rollout-1"));
	assert_int_equal(0, store_rollout_host_said(place->store, id, "web1",
				    "\033[31mit's\033[0m \"red\"\n", &err));
	assert_int_equal(events, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(0, store_rollout_hosts(place->store, id, &hosts, &err));
	assert_string_equal("it's \"red\" ", hosts.items[0].said);
	assert_string_equal("", hosts.items[1].said);

	memset(line, 'x', sizeof line);
	line[sizeof line - 1] = '\0';
	assert_int_equal(0, store_rollout_host_said(place->store, id, "web1", line, &err));
	assert_int_equal(0, store_rollout_hosts_brief(place->store, id, &brief, &err));
	assert_int_equal(ROLLOUT_SAID_SIZE, strlen(brief.items[0].said));
	assert_string_equal("web1", brief.items[0].host);
	assert_string_equal("", brief.items[0].plan);

	assert_int_equal(0, store_step_start(&lease, &apply, 60, &err));
	rollout_host_rows_done(&brief);
	assert_int_equal(0, store_rollout_hosts_brief(place->store, id, &brief, &err));
	assert_string_equal("", brief.items[0].said);
}

static void test_rollout__knows_its_direction_and_each_host_its_way_back(void **state)
{
	struct place *place = *state;
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 };
	int64_t id = begun(place->store), back = 0;
	struct error err = { 0 };
	struct rollout_host_row host = { .host = "web1", .group = "web", .way_back = "{\"a\":1}" };
	struct rollout_draft draft = { .environment = "beta",
		.candidate = place_candidate,
		.hosts = { &host, 1 },
		.direction = DIRECTION_BACK,
		.undoes = id };

	assert_int_equal(0, store_rollout_find(place->store, id, &row, &err));
	assert_int_equal(DIRECTION_FORWARD, row.direction);
	assert_int_equal(0, row.undoes);
	assert_int_equal(0, store_rollout_add(place->store, &draft, "alice", &back, &err));
	rollout_row_done(&row);
	assert_int_equal(0, store_rollout_find(place->store, back, &row, &err));
	assert_int_equal(DIRECTION_BACK, row.direction);
	assert_int_equal(id, row.undoes);
	assert_int_equal(
		0, store_rollout_host_way(place->store, back, "web1", "{\"b\":2}", "alice", &err));
	assert_int_equal(0, store_rollout_hosts(place->store, back, &hosts, &err));
	assert_string_equal("{\"b\":2}", hosts.items[0].way_back);
	assert_true(place_refused(
		store_rollout_host_way(place->store, back, "web9", "{}", "alice", &err), &err,
		ERR_NOT_FOUND, "there is no host 'web9' in rollout-2"));
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind ="
					     " 'host.way-back' AND payload LIKE '%\"b\":2%'"));
}

static int64_t rolled(
	struct store *store, enum direction direction, int64_t undoes, const char *way_back)
{
	struct rollout_host_row host = { .host = "web1", .group = "web", .way_back = way_back };
	struct rollout_draft draft = { "qa", place_candidate, NULL, { &host, 1 }, direction,
		undoes };
	struct error err = { 0 };
	int64_t id = 0;

	assert_int_equal(0, store_rollout_add(store, &draft, "alice", &id, &err));
	assert_int_equal(0, move(store, id, ROLLOUT_RUNNING, ROLLOUT_DONE, &err));
	return id;
}

static void test_rollout__that_was_undone_is_not_undone_again(void **state)
{
	struct place *place = *state;
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(rollout_row_done) struct rollout_row older = { 0 };
	struct error err = { 0 };

	place_furnish(place->store);

	int64_t first = rolled(place->store, DIRECTION_FORWARD, 0, "");
	int64_t second = rolled(place->store, DIRECTION_FORWARD, 0, "");

	assert_int_equal(0, store_rollout_to_undo(place->store, "qa", INT64_MAX, &row, &err));
	assert_int_equal(second, row.id);
	(void)rolled(place->store, DIRECTION_BACK, second, "");
	assert_int_equal(0, store_rollout_to_undo(place->store, "qa", INT64_MAX, &older, &err));
	assert_int_equal(first, older.id);
	assert_true(place_refused(store_rollout_to_undo(place->store, "qa", first, &row, &err),
		&err, ERR_NOT_FOUND, "no rollout to undo in 'qa'"));
}

static void test_rollout__with_a_snapshot_that_was_not_dropped_is_found(void **state)
{
	static const char kept[] = "{\"is_forgotten\":false,\"kind\":\"snapshot\",\"set\":\"\"}";
	static const char dropped[] = "{\"is_forgotten\":true,\"kind\":\"snapshot\",\"set\":\"\"}";
	struct place *place = *state;
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows hosts = { 0 }, none = { 0 };
	struct error err = { 0 };

	place_furnish(place->store);
	(void)rolled(place->store, DIRECTION_FORWARD, 0, dropped);

	int64_t id = rolled(place->store, DIRECTION_FORWARD, 0, kept);
	int64_t last = rolled(place->store, DIRECTION_FORWARD, 0, kept);

	assert_int_equal(
		0, store_rollout_hosts_with_snapshot(place->store, "qa", last, &hosts, &err));
	assert_int_equal(1, hosts.count);
	assert_int_equal(id, hosts.items[0].rollout);
	assert_int_equal(
		0, store_rollout_hosts_with_snapshot(place->store, "beta", INT64_MAX, &none, &err));
	assert_int_equal(0, none.count);
}

static void test_step__is_started_and_ended_once(void **state)
{
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	CLEANUP(step_rows_done) struct step_rows steps = { 0 };
	int64_t id = begun(place->store);
	struct error err = { 0 }, cause = { ERR_SYSTEM, "disk full on web1" };
	struct step_key stage = { id, "web1", 1, STEP_STAGE },
			apply = { id, "web1", 1, STEP_APPLY };

	assert_true(place_refused(store_step_end(&lease, &stage,
					  &(struct step_end){ STEP_STATE_DONE, NULL, NULL }, &err),
		&err, ERR_CONFLICT,
		"attempt 1 of stage on 'web1' in rollout-1: it is not started"));
	assert_int_equal(0, store_step_start(&lease, &stage, 60, &err));
	assert_true(place_refused(
		store_step_start(&lease, &stage, 60, &err), &err, ERR_CONFLICT, "there already"));
	assert_int_equal(
		0, store_step_end(&lease, &stage,
			   &(struct step_end){ STEP_STATE_DONE, NULL, "staged 3\n" }, &err));
	assert_true(
		place_refused(store_step_end(&lease, &stage,
				      &(struct step_end){ STEP_STATE_FAILED, &cause, NULL }, &err),
			&err, ERR_CONFLICT, "has ended already"));
	assert_int_equal(0, store_step_start(&lease, &apply, 60, &err));
	assert_int_equal(
		0, store_step_end(&lease, &apply,
			   &(struct step_end){ STEP_STATE_FAILED, &cause, "E: no" }, &err));
	assert_int_equal(0, store_steps(place->store, id, "web1", &steps, &err));
	assert_int_equal(2, steps.count);
	assert_int_equal(STEP_STAGE, steps.items[0].step);
	assert_int_equal(STEP_STATE_DONE, steps.items[0].state);
	assert_string_equal("staged 3\n", steps.items[0].log);
	assert_null(steps.items[0].error);
	assert_int_equal(STEP_STATE_FAILED, steps.items[1].state);
	assert_string_equal("system", steps.items[1].error_kind);
	assert_string_equal("disk full on web1", steps.items[1].error);
	assert_true(steps.items[1].started_at > 0 && steps.items[1].ended_at > 0);
	assert_int_equal(
		4, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind LIKE 'step.%'"));
}

static void test_step__that_is_open_is_found_for_resume(void **state)
{
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	CLEANUP(step_rows_done) struct step_rows open = { 0 };
	int64_t id = begun(place->store);
	struct error err = { 0 };
	struct step_key keys[] = { { id, "web2", 1, STEP_APPLY }, { id, "web1", 1, STEP_STAGE },
		{ id, "web1", 2, STEP_STAGE } };

	assert_int_equal(0, store_step_start(&lease, &keys[0], 60, &err));
	assert_int_equal(0, store_step_start(&lease, &keys[1], 60, &err));
	assert_int_equal(0, store_step_end(&lease, &keys[1],
				    &(struct step_end){ STEP_STATE_DONE, NULL, NULL }, &err));
	assert_int_equal(0, store_step_start(&lease, &keys[2], 60, &err));
	assert_int_equal(0, store_steps_open(place->store, "qa", &open, &err));
	assert_int_equal(2, open.count);
	assert_string_equal("web1", open.items[0].host);
	assert_int_equal(2, open.items[0].attempt);
	assert_string_equal("web2", open.items[1].host);
}

static void test_step__that_is_at_work_stays_open_until_its_end_is_known(void **state)
{
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	CLEANUP(step_rows_done) struct step_rows open = { 0 }, of_host = { 0 }, all = { 0 };
	int64_t id = begun(place->store);
	struct error err = { 0 }, cause = { ERR_UNCERTAIN, "no end of it within 60s" };
	struct step_key apply = { id, "web1", 1, STEP_APPLY };
	const struct step_end at_work = { STEP_STATE_AT_WORK, &cause, "half" };
	const struct step_end done = { STEP_STATE_DONE, NULL, "all" };

	assert_int_equal(0, store_step_start(&lease, &apply, 60, &err));
	assert_int_equal(0, store_step_end(&lease, &apply, &at_work, &err));
	assert_int_equal(0, store_steps_open(place->store, NULL, &open, &err));
	assert_int_equal(1, open.count);
	assert_int_equal(STEP_STATE_AT_WORK, open.items[0].state);
	assert_string_equal("uncertain", open.items[0].error_kind);
	assert_int_equal(0, open.items[0].ended_at);
	assert_int_equal(0, store_steps_open_of(place->store, "web2", &of_host, &err));
	assert_int_equal(0, of_host.count);
	assert_int_equal(0, store_step_end(&lease, &apply, &done, &err));
	assert_int_equal(0, store_steps(place->store, id, "web1", &all, &err));
	assert_int_equal(STEP_STATE_DONE, all.items[0].state);
	assert_null(all.items[0].error);
	assert_string_equal("all", all.items[0].log);
	assert_true(all.items[0].ended_at > 0);
	assert_true(place_refused(store_step_end(&lease, &apply, &at_work, &err), &err,
		ERR_CONFLICT, "has ended already"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'step.at-work'"));
}

static void test_step__wants_its_host_and_no_transaction(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	int64_t id = begun(place->store);
	struct error err = { 0 };
	struct step_key key = { id, "web1", 1, STEP_STAGE }, stranger = { id, "x", 1, STEP_STAGE };

	assert_true(place_refused(store_step_start(&lease, &stranger, 60, &err), &err,
		ERR_NOT_FOUND, "on 'x' in rollout-1"));
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_true(place_refused(store_step_start(&lease, &key, 60, &err), &err, ERR_USAGE,
		"not written inside a transaction"));
	transaction_done(&transaction);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM rollout_step"));
}

static void test_evidence__keeps_every_field_of_a_test(void **state)
{
	struct place *place = *state;
	CLEANUP(test_row_done) struct test_row row = { 0 };
	struct error err = { 0 };
	struct test_row test = { 0, "qa", place_candidate, "2.2", place_set, "shop", "web1",
		OUTCOME_FAILED, 5, 2, 1, 100, 160, "tap", "not ok 1\n", "[{}]", "f00d" };
	int64_t id = 0;

	place_furnish(place->store);
	assert_int_equal(0, store_test_add(place->store, &test, "alice", &id, &err));
	assert_int_equal(0, store_test_find(place->store, id, &row, &err));
	assert_int_equal(id, row.id);
	assert_string_equal("qa", row.environment);
	assert_string_equal(place_candidate, row.candidate);
	assert_string_equal("2.2", row.release);
	assert_string_equal(place_set, row.set);
	assert_string_equal("shop", row.suite);
	assert_string_equal("web1", row.host);
	assert_int_equal(OUTCOME_FAILED, row.outcome);
	assert_int_equal(5, row.passed);
	assert_int_equal(2, row.failed);
	assert_int_equal(1, row.skipped);
	assert_int_equal(100, row.started_at);
	assert_int_equal(160, row.ended_at);
	assert_string_equal("tap", row.format);
	assert_string_equal("not ok 1\n", row.output);
	assert_string_equal("[{}]", row.details);
	assert_string_equal("f00d", row.fingerprint);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM event"
					     " WHERE kind = 'test.failed' AND subject_id = 'qa'"));
	test_row_done(&row);
	assert_true(place_refused(store_test_find(place->store, 99, &row, &err), &err,
		ERR_NOT_FOUND, "there is no test result 99"));
}

static void test_evidence__is_listed_newest_first_for_its_candidate(void **state)
{
	static const struct {
		const char *environment, *candidate, *wanted;
	} cases[] = {
		{ NULL, NULL, "4321" },
		{ "qa", NULL, "431" },
		{ "qa", place_candidate, "41" },
		{ NULL, place_candidate, "421" },
		{ "prod", NULL, "" },
	};
	struct place *place = *state;
	struct test_row tests[] = { { .environment = "qa", .candidate = place_candidate },
		{ .environment = "beta", .candidate = place_candidate }, { .environment = "qa" },
		{ .environment = "qa", .candidate = place_candidate } };
	struct error err = { 0 };
	int64_t id = 0;

	place_furnish(place->store);
	for (size_t i = 0; i < 4; i++) {
		tests[i].suite = "shop";
		assert_int_equal(0, store_test_add(place->store, &tests[i], "alice", &id, &err));
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(test_rows_done) struct test_rows rows = { 0 };
		char seen[8] = "";

		assert_int_equal(0, store_tests(place->store, cases[i].environment,
					    cases[i].candidate, &rows, &err));
		for (size_t j = 0; j < rows.count; j++)
			snprintf(seen + j, sizeof seen - j, "%d", (int)rows.items[j].id);
		assert_string_equal(cases[i].wanted, seen);
	}
}

static void test_evidence__approvals_are_bound_and_never_overwritten(void **state)
{
	struct place *place = *state;
	CLEANUP(approval_rows_done) struct approval_rows rows = { 0 };
	struct approval_row yes = { .environment = "qa",
		.candidate = place_candidate,
		.kind = APPROVAL_APPROVE,
		.comment = "looks good" };
	struct approval_row no = yes, lost = yes;
	struct error err = { 0 };

	place_furnish(place->store);
	no.kind = APPROVAL_REJECT;
	no.comment = NULL;
	lost.candidate = "9+9";
	assert_int_equal(0, store_approval_add(place->store, &yes, "alice", &err));
	assert_int_equal(0, store_approval_add(place->store, &no, "bob", &err));
	assert_true(place_refused(store_approval_add(place->store, &lost, "bob", &err), &err,
		ERR_NOT_FOUND, "keeping what bob said of '9+9' in 'qa'"));
	assert_true(place_refused(store_approval_add(place->store, &yes, "", &err), &err, ERR_USAGE,
		"wants an actor"));
	assert_int_equal(0, store_approvals(place->store, "qa", place_candidate, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_int_equal(APPROVAL_REJECT, rows.items[0].kind);
	assert_string_equal("bob", rows.items[0].approver);
	assert_string_equal("", rows.items[0].comment);
	assert_string_equal("alice", rows.items[1].approver);
	assert_string_equal("looks good", rows.items[1].comment);
	assert_true(rows.items[1].at > 1700000000);
	approval_rows_done(&rows);
	assert_int_equal(0, store_approvals(place->store, "beta", place_candidate, &rows, &err));
	assert_int_equal(0, rows.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_rollout__keeps_every_field),
		IN_PLACE(test_rollout__there_is_one_unfinished_in_an_environment),
		IN_PLACE(test_rollout__moves_only_from_where_it_is),
		IN_PLACE(test_rollout__wants_a_candidate_that_is_kept),
		IN_PLACE(test_rollout__host_moves_only_from_where_it_is),
		IN_PLACE(test_rollout__keeps_what_a_host_said_last),
		IN_PLACE(test_rollout__knows_its_direction_and_each_host_its_way_back),
		IN_PLACE(test_rollout__that_was_undone_is_not_undone_again),
		IN_PLACE(test_rollout__with_a_snapshot_that_was_not_dropped_is_found),
		IN_PLACE(test_step__is_started_and_ended_once),
		IN_PLACE(test_step__that_is_open_is_found_for_resume),
		IN_PLACE(test_step__that_is_at_work_stays_open_until_its_end_is_known),
		IN_PLACE(test_step__wants_its_host_and_no_transaction),
		IN_PLACE(test_evidence__keeps_every_field_of_a_test),
		IN_PLACE(test_evidence__is_listed_newest_first_for_its_candidate),
		IN_PLACE(test_evidence__approvals_are_bound_and_never_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
