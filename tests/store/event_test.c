/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "store/event.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What an intruder does first: take the guards away, or the primary key. */
#define OPEN "DROP TRIGGER event_is_never_changed; DROP TRIGGER event_is_never_deleted;"
#define LOOSE                                                                                      \
	"ALTER TABLE event RENAME TO tight;"                                                       \
	"CREATE TABLE event AS SELECT * FROM tight;"

static void tell(struct store *store, const char *kind, enum subject subject, const char *id)
{
	struct event_draft draft = { "alice", kind, subject, id, NULL };
	struct error err = { 0 };

	assert_int_equal(0, store_event_add(store, &draft, &err));
}

static void tell_five(struct store *store)
{
	tell(store, "sync.done", SUBJECT_SOURCE, "debian");
	tell(store, "gate.refused", SUBJECT_ENVIRONMENT, "qa");
	tell(store, "gate.refused", SUBJECT_ENVIRONMENT, "beta");
	tell(store, "gate.opened", SUBJECT_ENVIRONMENT, "qa");
	tell(store, "host.added", SUBJECT_HOST, "qa");
}

static void test_event__keeps_every_field(void **state)
{
	struct place *place = *state;
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	struct event_draft draft = { "bob", "gate.refused", SUBJECT_ENVIRONMENT, "qa", payload };
	struct error err = { 0 };

	jvalue_set_string(payload, "missing", "approval");
	jvalue_set_integer(payload, "count", 2);
	assert_int_equal(0, store_event_add(place->store, &draft, &err));
	assert_int_equal(0, store_events(place->store, &(struct event_filter){ 0 }, &rows, &err));
	assert_int_equal(1, rows.count);
	assert_int_equal(1, rows.items[0].seq);
	assert_true(rows.items[0].at > 1700000000);
	assert_string_equal("bob", rows.items[0].actor);
	assert_string_equal("gate.refused", rows.items[0].kind);
	assert_int_equal(SUBJECT_ENVIRONMENT, rows.items[0].subject);
	assert_string_equal("qa", rows.items[0].subject_id);
	assert_string_equal("{\"count\":2,\"missing\":\"approval\"}", rows.items[0].payload);
	assert_int_equal(64, strlen(rows.items[0].hash));
}

static void test_event__lists_what_the_filter_names(void **state)
{
	static const struct {
		struct event_filter filter;
		const char *wanted;
	} cases[] = {
		{ { 0 }, "1 2 3 4 5 " },
		{ { .newest_first = true }, "5 4 3 2 1 " },
		{ { .limit = 2 }, "1 2 " },
		{ { .limit = 2, .newest_first = true }, "5 4 " },
		{ { .after = 3 }, "4 5 " },
		{ { .after = 5 }, "" },
		{ { .subject = SUBJECT_ENVIRONMENT, .subject_id = "qa" }, "2 4 " },
		{ { .subject = SUBJECT_HOST, .subject_id = "qa" }, "5 " },
		{ { .after = 2, .subject = SUBJECT_ENVIRONMENT, .subject_id = "qa" }, "4 " },
		{ { .subject = SUBJECT_SET, .subject_id = "' OR 1=1 --" }, "" },
	};
	struct place *place = *state;
	struct error err = { 0 };

	tell_five(place->store);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(event_rows_done) struct event_rows rows = { 0 };
		char seen[64] = "";

		assert_int_equal(0, store_events(place->store, &cases[i].filter, &rows, &err));
		for (size_t j = 0; j < rows.count; j++)
			snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%lld ",
				(long long)rows.items[j].seq);
		assert_string_equal(cases[i].wanted, seen);
	}
}

static void test_event__refuses_nobody_and_nothing(void **state)
{
	static const struct event_draft drafts[] = {
		{ NULL, "sync.done", SUBJECT_SOURCE, "debian", NULL },
		{ "", "sync.done", SUBJECT_SOURCE, "debian", NULL },
		{ "alice", NULL, SUBJECT_SOURCE, "debian", NULL },
		{ "alice", "", SUBJECT_SOURCE, "debian", NULL },
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof drafts / sizeof *drafts; i++) {
		struct error err = { 0 };
		int result = store_event_add(place->store, &drafts[i], &err);

		assert_true(place_refused(result, &err, ERR_USAGE, "wants an actor and a kind"));
	}
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event"));
}

static void test_event__is_never_changed_through_the_schema(void **state)
{
	static const char *const tries[] = {
		"UPDATE event SET actor = 'mallory'",
		"DELETE FROM event WHERE seq = 5",
	};
	struct place *place = *state;

	tell_five(place->store);
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		assert_false(place_try(place, tries[i]));
	assert_int_equal(5, place_ask(place, "SELECT COUNT(*) FROM event WHERE actor = 'alice'"));
}

static void test_event__chain_of_a_quiet_store_is_good(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };
	int64_t count = -1;

	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(0, count);
	tell_five(place->store);
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(5, count);
}

/* Every way of tampering is found, and the first bad event named. */
static void test_event__tampering_is_found(void **state)
{
	static const struct {
		const char *sql, *told;
	} cases[] = {
		{ OPEN "UPDATE event SET actor = 'bob' WHERE seq = 3", "event 3 was changed" },
		{ OPEN "UPDATE event SET kind = 'gate.opened' WHERE seq = 2", "event 2 was" },
		{ OPEN "UPDATE event SET at = at + 1 WHERE seq = 1", "event 1 was changed" },
		{ OPEN "UPDATE event SET payload = '{ }' WHERE seq = 5", "event 5 was changed" },
		{ OPEN "UPDATE event SET subject = 'planet' WHERE seq = 4", "event 4 was changed" },
		{ OPEN "UPDATE event SET actor = actor || kind, kind = '' WHERE seq = 4",
			"event 4 was changed" },
		{ OPEN "UPDATE event SET hash = (SELECT hash FROM event WHERE seq = 1)"
		       " WHERE seq = 2",
			"event 2 was changed" },
		{ OPEN "UPDATE event SET seq = 9 WHERE seq = 5", "event 5 is missing" },
		{ OPEN "DELETE FROM event WHERE seq = 1", "event 1 is missing" },
		{ OPEN "DELETE FROM event WHERE seq = 3", "event 3 is missing" },
		{ OPEN "DELETE FROM event WHERE seq = 5", "event 5 is missing" },
		{ OPEN "DELETE FROM event", "event 1 is missing" },
		{ LOOSE "INSERT INTO event SELECT * FROM tight WHERE seq = 3",
			"event 3 is there twice" },
		{ "INSERT INTO event SELECT 6, at, actor, kind, subject, subject_id, payload, hash,"
		  " configuration FROM event WHERE seq = 5",
			"event 6 was slipped in" },
		{ OPEN "DELETE FROM event WHERE seq = 5;"
		       "UPDATE event_head SET seq = 4",
			"event 4 was changed" },
		{ "UPDATE event_head SET hash = 'x'", "event 5 was changed" },
		{ "DELETE FROM event_head", "lost its head" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };
		int64_t count = -1;
		void *mine = NULL;

		(void)state;
		place_setup(&mine);

		struct place *place = mine;

		tell_five(place->store);
		place_meddle(place, cases[i].sql);

		int result = store_event_verify(place->store, &count, &err);

		assert_true(place_refused(result, &err, ERR_CORRUPT, cases[i].told));
		assert_int_equal(-1, count);
		place_teardown(&mine);
	}
}

/* The hash covers where each field ends, too. */
static void test_event__text_cannot_move_into_the_next_field(void **state)
{
	struct place *place = *state;
	struct event_draft draft = { "a:b", "c", SUBJECT_HOST, "x", NULL };
	struct error err = { 0 };
	int64_t count = 0;

	assert_int_equal(0, store_event_add(place->store, &draft, &err));
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	place_meddle(place, OPEN "UPDATE event SET actor = 'a', kind = 'b:c'");
	assert_true(place_refused(store_event_verify(place->store, &count, &err), &err, ERR_CORRUPT,
		"event 1 was changed"));
}

/* Two processes append to one chain. */
static void test_event__two_connections_keep_one_chain(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct error err = { 0 };
	int64_t count = 0;

	for (int i = 0; i < 10; i++) {
		tell(place->store, "here", SUBJECT_HOST, "a");
		tell(other, "there", SUBJECT_HOST, "b");
	}
	assert_int_equal(0, store_event_verify(other, &count, &err));
	assert_int_equal(20, count);
}

/* However many events a transaction has, it writes once where the record ends; one that was undone has no part in it. */
static void test_event__a_transaction_writes_the_head_once(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	struct error err = { 0 };
	int64_t count = 0;

	place_meddle(place, "CREATE TABLE moved (seq BIGINT);"
			    "CREATE TRIGGER head_moves AFTER UPDATE ON event_head"
			    " BEGIN INSERT INTO moved VALUES (new.seq); END");
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	tell_five(place->store);
	transaction_done(&transaction);
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	tell_five(place->store);
	tell_five(place->store);
	assert_int_equal(0, transaction_commit(&transaction, &err));
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM moved"));
	assert_int_equal(10, place_ask(place, "SELECT seq FROM moved"));
	tell_five(place->store);
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(15, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_event__keeps_every_field),
		IN_PLACE(test_event__lists_what_the_filter_names),
		IN_PLACE(test_event__refuses_nobody_and_nothing),
		IN_PLACE(test_event__is_never_changed_through_the_schema),
		IN_PLACE(test_event__chain_of_a_quiet_store_is_good),
		cmocka_unit_test(test_event__tampering_is_found),
		IN_PLACE(test_event__text_cannot_move_into_the_next_field),
		IN_PLACE(test_event__two_connections_keep_one_chain),
		IN_PLACE(test_event__a_transaction_writes_the_head_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
