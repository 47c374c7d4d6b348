/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: every event names the configuration of its program, and its text is there, once and unchanged. */
#include "base/digest.h"
#include "store/configuration.h"
#include "store/event.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char first[] = "state: a\n", second[] = "state: b\n";

static void happen(struct store *store)
{
	const struct event_draft event = { "alice", "test.event", SUBJECT_HOST, "web1", NULL };
	struct error err = { 0 };

	if (store_event_add(store, &event, &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t verified(struct store *store)
{
	struct error err = { 0 };
	int64_t count = 0;

	if (store_event_verify(store, &count, &err) < 0 ||
		store_configurations_verify(store, &err) < 0)
		fail_msg("%s", err.text);
	return count;
}

static void test_configuration__is_named_by_each_event_and_kept_once(void **state)
{
	struct place *place = *state;
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	CLEANUP(configuration_row_done) struct configuration_row row = { 0 };
	const struct event_filter all = { 0 };
	char digest[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	digest_bytes(second, strlen(second), digest);
	happen(place->store); /* as an older program would */
	store_configured(place->store, first);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM configuration"));
	happen(place->store);
	happen(place->store);
	store_configured(place->store, second);
	happen(place->store);
	assert_int_equal(4, verified(place->store));
	assert_int_equal(2, place_ask(place, "SELECT COUNT(*) FROM configuration"));
	assert_int_equal(0, store_events(place->store, &all, &rows, &err));
	assert_string_equal("", rows.items[0].configuration);
	assert_string_equal(rows.items[1].configuration, rows.items[2].configuration);
	assert_string_equal(digest, rows.items[3].configuration);
	digest[8] = '\0';
	assert_int_equal(0, store_configuration_find(place->store, digest, &row, &err));
	assert_string_equal(second, row.content);
	assert_true(row.first_seen_at > 0);
}

static void test_configuration__goes_with_its_change(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	struct error err = { 0 };

	store_configured(place->store, first);
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	happen(place->store);
	transaction_done(&transaction);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM configuration"));
	happen(place->store);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM configuration"));
	assert_int_equal(1, verified(place->store));
}

static void test_configuration__is_not_found_by_what_is_none(void **state)
{
	struct place *place = *state;
	struct configuration_row row = { 0 };
	struct error err = { 0 };

	assert_true(place_refused(store_configuration_find(place->store, "abc", &row, &err), &err,
		ERR_USAGE, "want 4 to 64 digits"));
	assert_true(place_refused(store_configuration_find(place->store, "ABCD", &row, &err), &err,
		ERR_USAGE, "'ABCD' is no configuration"));
	assert_true(place_refused(store_configuration_find(place->store, "abcd", &row, &err), &err,
		ERR_NOT_FOUND, "abcd"));
}

/* The triggers refuse it; who goes round them is found. */
static void test_configuration__that_was_changed_is_found(void **state)
{
	static const struct {
		const char *sql, *told;
	} cases[] = {
		{ "UPDATE configuration SET content = 'state: c'", "was changed" },
		{ "DELETE FROM configuration", "event 1 was made with is missing" },
	};
	struct place *place = *state;
	struct error err = { 0 };
	int64_t count = 0;

	store_configured(place->store, first);
	happen(place->store);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_false(place_try(place, cases[i].sql));
		place_meddle(place, "DROP TRIGGER IF EXISTS configuration_is_never_changed");
		place_meddle(place, "DROP TRIGGER IF EXISTS configuration_is_never_deleted");
		place_meddle(place, cases[i].sql);
		assert_true(place_refused(store_configurations_verify(place->store, &err), &err,
			ERR_CORRUPT, cases[i].told));
		place_meddle(place, "CREATE TRIGGER configuration_is_never_deleted BEFORE DELETE ON"
				    " configuration BEGIN SELECT RAISE(ABORT, ''); END");
	}
	place_meddle(place, "DROP TRIGGER event_is_never_changed");
	place_meddle(place, "UPDATE event SET configuration = ''");
	assert_true(place_refused(store_event_verify(place->store, &count, &err), &err, ERR_CORRUPT,
		"event 1 was changed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_configuration__is_named_by_each_event_and_kept_once),
		IN_PLACE(test_configuration__goes_with_its_change),
		IN_PLACE(test_configuration__is_not_found_by_what_is_none),
		IN_PLACE(test_configuration__that_was_changed_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
