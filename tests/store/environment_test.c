/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "store/environment.h"
#include "store/rollout.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct environment_row look(struct store *store, const char *name)
{
	struct environment_row row = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_environment_find(store, name, &row, &err));
	return row;
}

static void deploy(struct store *store, const char *name, const char *release)
{
	CLEANUP(environment_row_done) struct environment_row seen = look(store, name);
	struct error err = { 0 };

	if (store_environment_deployed(store, &seen, release, "ci", &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t roll(struct store *store, const char *name)
{
	CLEANUP(environment_row_done) struct environment_row seen = look(store, name);
	struct rollout_draft draft = { .environment = name, .candidate = place_candidate };
	struct error err = { 0 };
	int64_t id = 0;

	if (store_rollout_add(store, &draft, "alice", &id, &err) < 0 ||
		store_environment_rolling(store, &seen, id, "alice", &err) < 0)
		fail_msg("%s", err.text);
	return id;
}

static void settle(
	struct store *store, const char *name, enum environment_status status, const char *set)
{
	CLEANUP(environment_row_done) struct environment_row seen = look(store, name);
	struct error err = { 0 };

	if (store_environment_settled(store, &seen, status, set, "alice", &err) < 0)
		fail_msg("%s", err.text);
}

static void test_environment__never_heard_of_is_unknown(void **state)
{
	struct place *place = *state;
	CLEANUP(environment_row_done) struct environment_row row = look(place->store, "qa");
	CLEANUP(environment_rows_done) struct environment_rows rows = { 0 };
	struct error err = { 0 };

	assert_string_equal("qa", row.name);
	assert_int_equal(0, row.version);
	assert_int_equal(ENVIRONMENT_UNKNOWN, row.status);
	assert_null(row.release);
	assert_null(row.set);
	assert_null(row.candidate);
	assert_int_equal(0, store_environments(place->store, &rows, &err));
	assert_int_equal(0, rows.count);
}

static void test_environment__walks_from_a_release_to_a_candidate(void **state)
{
	struct place *place = *state;

	place_furnish(place->store);
	deploy(place->store, "qa", "2.1");

	CLEANUP(environment_row_done) struct environment_row first = look(place->store, "qa");

	assert_int_equal(ENVIRONMENT_CLEAN, first.status);
	assert_string_equal("2.1", first.release);
	assert_string_equal("ci", first.told_by);
	assert_true(first.told_at > 0 && first.entered_at > 0);
	assert_null(first.candidate);

	int64_t id = roll(place->store, "qa");

	CLEANUP(environment_row_done) struct environment_row rolling = look(place->store, "qa");

	assert_int_equal(ENVIRONMENT_ROLLING, rolling.status);
	assert_int_equal(id, rolling.rollout);
	assert_int_equal(0, rolling.entered_at);
	deploy(place->store, "qa", "2.2"); /* the code comes while the patches do */
	settle(place->store, "qa", ENVIRONMENT_CLEAN, place_set);

	CLEANUP(environment_row_done) struct environment_row last = look(place->store, "qa");

	assert_int_equal(ENVIRONMENT_CLEAN, last.status);
	assert_string_equal(place_set, last.set);
	assert_string_equal(place_candidate, last.candidate);
	assert_true(last.entered_at > 0);
	assert_int_equal(4, last.version);
}

static void test_environment__half_patched_is_mixed_and_runs_no_candidate(void **state)
{
	struct place *place = *state;

	place_furnish(place->store);
	deploy(place->store, "qa", "2.2");
	roll(place->store, "qa");
	settle(place->store, "qa", ENVIRONMENT_MIXED, place_set);

	CLEANUP(environment_row_done) struct environment_row row = look(place->store, "qa");

	assert_int_equal(ENVIRONMENT_MIXED, row.status);
	assert_null(row.set); /* it did not come to every host */
	assert_null(row.candidate);
	assert_int_equal(0, row.entered_at);
}

/*
 * Soak counts from when the pair became complete, and a second word of the same does not restart
 * it.
 */
static void test_environment__soak_restarts_with_a_new_release_only(void **state)
{
	static const struct {
		const char *release;
		bool restarts;
	} cases[] = { { "2.2", false }, { "2.3", true }, { "2.3", false }, { "2.2", true } };
	struct place *place = *state;

	deploy(place->store, "qa", "2.2");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		place_meddle(place, "UPDATE environment SET entered_at = 5");
		deploy(place->store, "qa", cases[i].release);

		CLEANUP(environment_row_done) struct environment_row row = look(place->store, "qa");

		assert_int_equal(cases[i].restarts, row.entered_at != 5);
	}
}

static void test_environment__is_changed_by_the_quicker_one_only(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct error err = { 0 };

	place_furnish(place->store);

	CLEANUP(environment_row_done) struct environment_row fresh = look(place->store, "qa");

	deploy(other, "qa", "2.2");
	assert_true(
		place_refused(store_environment_deployed(place->store, &fresh, "2.1", "ci", &err),
			&err, ERR_CONFLICT, "clean now, with release '2.2'"));

	CLEANUP(environment_row_done) struct environment_row seen = look(place->store, "qa");

	roll(other, "qa");
	assert_true(place_refused(store_environment_rolling(place->store, &seen, 1, "bob", &err),
		&err, ERR_CONFLICT, "rolling now"));
	assert_true(place_refused(store_environment_settled(place->store, &seen, ENVIRONMENT_CLEAN,
					  place_set, "bob", &err),
		&err, ERR_CONFLICT, "somebody else"));

	CLEANUP(environment_row_done) struct environment_row now = look(place->store, "qa");

	assert_true(place_refused(store_environment_rolling(place->store, &now, 99, "bob", &err),
		&err, ERR_CONFLICT, "rollout-1 is running there"));
	assert_int_equal(0, store_environment_rolling(place->store, &now, 1, "bob", &err));
}

static void test_environment__every_change_leaves_a_line_of_history(void **state)
{
	struct place *place = *state;
	CLEANUP(environment_change_rows_done) struct environment_change_rows rows = { 0 };
	struct error err = { 0 };

	place_furnish(place->store);
	deploy(place->store, "beta", "1");
	deploy(place->store, "qa", "2.2");
	roll(place->store, "qa");
	settle(place->store, "qa", ENVIRONMENT_CLEAN, place_set);
	assert_int_equal(0, store_environment_history(place->store, "qa", 0, &rows, &err));
	assert_int_equal(3, rows.count);
	assert_int_equal(ENVIRONMENT_CLEAN, rows.items[0].status);
	assert_string_equal(place_set, rows.items[0].set);
	assert_int_equal(ENVIRONMENT_ROLLING, rows.items[1].status);
	assert_int_equal(1, rows.items[1].rollout);
	assert_string_equal("alice", rows.items[1].actor);
	assert_string_equal("ci", rows.items[2].actor);
	assert_int_equal(0, rows.items[2].rollout);
	environment_change_rows_done(&rows);
	assert_int_equal(0, store_environment_history(place->store, "qa", 1, &rows, &err));
	assert_int_equal(1, rows.count);
	assert_int_equal(3, rows.items[0].version);
	assert_int_equal(
		3, place_ask(place, "SELECT COUNT(*) FROM event WHERE subject = 'environment'"
				    " AND subject_id = 'qa'"));
}

static void test_environment__goes_back_to_what_it_was_before_a_rollout(void **state)
{
	struct place *place = *state;
	CLEANUP(free) char *set = NULL;
	enum environment_status status = ENVIRONMENT_MIXED;
	struct error err = { 0 };

	place_furnish(place->store);
	deploy(place->store, "qa", "2.2");

	int64_t id = roll(place->store, "qa");

	settle(place->store, "qa", ENVIRONMENT_CLEAN, place_set);
	deploy(place->store, "qa", "2.3");
	assert_int_equal(0, store_environment_before(place->store, "qa", id, &status, &set, &err));
	assert_int_equal(ENVIRONMENT_CLEAN, status);
	assert_null(set);
	assert_int_equal(0, store_environment_before(place->store, "qa", 99, &status, &set, &err));
	assert_int_equal(ENVIRONMENT_UNKNOWN, status);

	CLEANUP(environment_row_done) struct environment_row seen = look(place->store, "qa");

	assert_int_equal(0, store_environment_returned(
				    place->store, &seen, ENVIRONMENT_CLEAN, NULL, "bob", &err));

	CLEANUP(environment_row_done) struct environment_row now = look(place->store, "qa");

	assert_null(now.set);
	assert_string_equal("2.3", now.release);
	assert_true(now.entered_at > 0);
	assert_true(place_refused(store_environment_returned(place->store, &seen, ENVIRONMENT_CLEAN,
					  place_set, "bob", &err),
		&err, ERR_CONFLICT, "somebody else changed it meanwhile"));
}

static void test_environment__is_held_for_each_reason_and_lifted_once(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, store_environment_hold(place->store, "qa", "went back", "al", &err));
	assert_int_equal(0, store_environment_hold(place->store, "qa", "and again", "bo", &err));
	assert_int_equal(0, store_environment_hold(place->store, "qa", "went back", "cy", &err));

	CLEANUP(environment_row_done) struct environment_row held = look(place->store, "qa");

	assert_int_equal(ENVIRONMENT_UNKNOWN, held.status);
	assert_true(held.held_at > 0);
	assert_string_equal("went back; bo: and again", held.held_reason);
	assert_string_equal("al", held.held_by);
	deploy(place->store, "qa", "2.2");

	CLEANUP(environment_row_done) struct environment_row still = look(place->store, "qa");

	assert_string_equal("went back; bo: and again", still.held_reason);
	assert_int_equal(0, store_environment_lift(place->store, "qa", "mended", "eve", &err));
	assert_true(place_refused(store_environment_lift(place->store, "qa", "mended", "eve", &err),
		&err, ERR_CONFLICT, "'qa' is not held"));

	CLEANUP(environment_row_done) struct environment_row lifted = look(place->store, "qa");

	assert_int_equal(0, lifted.held_at);
	assert_string_equal("", lifted.held_reason);
	assert_int_equal(3, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind IN"
					     " ('environment.held', 'environment.lifted')"));
}

static void test_environment__refuses_a_set_that_is_not_kept(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	deploy(place->store, "qa", "2.2");

	CLEANUP(environment_row_done) struct environment_row seen = look(place->store, "qa");

	assert_true(place_refused(store_environment_settled(place->store, &seen, ENVIRONMENT_CLEAN,
					  place_set, "bob", &err),
		&err, ERR_NOT_FOUND, "environment 'qa': the store lacks"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_environment__never_heard_of_is_unknown),
		IN_PLACE(test_environment__walks_from_a_release_to_a_candidate),
		IN_PLACE(test_environment__half_patched_is_mixed_and_runs_no_candidate),
		IN_PLACE(test_environment__soak_restarts_with_a_new_release_only),
		IN_PLACE(test_environment__is_changed_by_the_quicker_one_only),
		IN_PLACE(test_environment__every_change_leaves_a_line_of_history),
		IN_PLACE(test_environment__goes_back_to_what_it_was_before_a_rollout),
		IN_PLACE(test_environment__is_held_for_each_reason_and_lifted_once),
		IN_PLACE(test_environment__refuses_a_set_that_is_not_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
