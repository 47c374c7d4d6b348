/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks are set while somebody works: no time seems to have passed that has not. What that does to a lease: lease_test.c.
 */
#include "base/clock.h"
#include "base/error.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define HOUR 3600

/* How far the wall's clock is from what it should be. clock_now() asks this time() and not the system's. */
static int64_t off;

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += off;
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

static void set_off(int64_t seconds)
{
	off = seconds;
}

/* All the way to 1970. */
static int64_t to_the_beginning(void)
{
	return -clock_now();
}

static int rightly(void **state)
{
	set_off(0);
	return place_setup(state);
}

static void add_event(struct store *store)
{
	static const struct event_draft draft = { "a", "b", SUBJECT_ENVIRONMENT, "c", NULL };
	struct error err = { 0 };

	assert_int_equal(0, store_event_add(store, &draft, &err));
}

static void test_clock__events_are_in_the_order_in_which_they_came(void **state)
{
	struct place *place = *state;
	const struct event_filter filter = { .newest_first = true };
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	struct error err = { 0 };
	int64_t count = 0;

	add_event(place->store);
	set_off(-HOUR);
	add_event(place->store);
	set_off(HOUR);
	add_event(place->store);
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(3, count);
	assert_int_equal(0, store_events(place->store, &filter, &rows, &err));
	for (size_t i = 0; i < rows.count; i++)
		assert_int_equal(3 - i, rows.items[i].seq);
	assert_true(rows.items[1].at < rows.items[2].at);
}

static int64_t entered_at(struct store *store)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_environment_find(store, "qa", &row, &err));
	assert_int_equal(ENVIRONMENT_CLEAN, row.status);
	return row.entered_at;
}

static void deploy(struct store *store, const char *release)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_environment_find(store, "qa", &row, &err));
	assert_int_equal(0, store_environment_deployed(store, &row, release, "ci", &err));
}

/* Entered while the clock was far behind: when it is right again, no days have passed. */
static void test_clock__set_back_while_a_release_enters_makes_no_soak(void **state)
{
	struct place *place = *state;
	int64_t right = clock_now();

	deploy(place->store, "2.1");
	set_off(to_the_beginning());
	add_event(place->store);
	deploy(place->store, "2.2");
	set_off(0);
	assert_true(entered_at(place->store) >= right);
}

/* The same with a set that a rollout brought. */
static void test_clock__set_back_during_a_rollout_makes_no_soak(void **state)
{
	struct place *place = *state;
	const struct lease lease = place_lease(place->store);
	struct rollout_host_row hosts[] = { { .host = "web1", .group = "web", .wave = 1 } };
	struct rollout_draft draft = { "qa", place_candidate, "{}", { hosts, 1 } };
	struct environment_row fresh = { .name = "qa" }, rolling = { .name = "qa", .version = 1 };
	struct rollout_move end = { 1, ROLLOUT_RUNNING, ROLLOUT_DONE, NULL };
	struct step_key verify = { 1, "web1", 1, STEP_VERIFY };
	struct error err = { 0 };
	int64_t id = 0, right = clock_now();

	place_furnish(place->store);
	assert_int_equal(0, store_rollout_add(place->store, &draft, "alice", &id, &err));
	assert_int_equal(0, store_environment_rolling(place->store, &fresh, id, "alice", &err));
	assert_int_equal(0, store_step_start(&lease, &verify, 60, &err));
	set_off(to_the_beginning());
	assert_int_equal(0, store_step_end(&lease, &verify,
				    &(struct step_end){ STEP_STATE_DONE, NULL, "" }, &err));
	assert_int_equal(0, store_rollout_move(place->store, &end, "alice", &err));
	assert_int_equal(0, store_environment_settled(place->store, &rolling, ENVIRONMENT_CLEAN,
				    place_set, "alice", &err));
	set_off(0);
	assert_true(entered_at(place->store) >= right);
	assert_int_equal(1,
		place_ask(place, "SELECT COUNT(*) FROM rollout_step WHERE ended_at < started_at"));
}

/* And when a rollout led back. */
static void test_clock__set_back_while_a_rollback_ends_makes_no_soak(void **state)
{
	struct place *place = *state;
	CLEANUP(environment_row_done) struct environment_row seen = { 0 };
	struct error err = { 0 };
	int64_t right = clock_now();

	place_furnish(place->store);
	deploy(place->store, "2.2");
	assert_int_equal(0, store_environment_find(place->store, "qa", &seen, &err));
	set_off(to_the_beginning());
	assert_int_equal(0, store_environment_returned(place->store, &seen, ENVIRONMENT_CLEAN,
				    place_set, "alice", &err));
	set_off(0);
	assert_true(entered_at(place->store) >= right);
}

/* 1 January 2040: a second does not fit into 32 bits with a sign since 19 January 2038. */
#define LATER INT64_C(2208988800)

static void move_clone(struct store *store, int64_t expires_at, struct clone_row *row)
{
	const struct clone_change change = { .to = row->state, .expires_at = expires_at };
	struct clone_row now = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_clone_change(store, row, &change, "alice", &err));
	assert_int_equal(0, store_clone_find(store, row->name, &now, &err));
	clone_row_done(row);
	*row = now;
}

static void test_clock__keeps_times_after_january_2038(void **state)
{
	struct place *place = *state;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	const struct clone_row_draft draft = { .environment = "production",
		.provider = "btrfs",
		.fingerprint = "f",
		.expires_at = LATER + HOUR };
	struct error err = { 0 };

	set_off(LATER - clock_now());
	place_furnish(place->store);
	deploy(place->store, "2.2");
	assert_true(entered_at(place->store) >= LATER);
	assert_int_equal(0, store_clone_add(place->store, &draft, "alice", &row, &err));
	assert_true(row.created_at >= LATER && row.expires_at == LATER + HOUR);
	move_clone(place->store, 0, &row);
	assert_true(row.expires_at == LATER + HOUR);
	move_clone(place->store, LATER + 2 * HOUR, &row);
	assert_true(row.expires_at == LATER + 2 * HOUR);
	assert_true(place_ask(place, "SELECT MIN(at) FROM event") >= LATER);
}

#define RIGHTLY(test) cmocka_unit_test_setup_teardown(test, rightly, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGHTLY(test_clock__events_are_in_the_order_in_which_they_came),
		RIGHTLY(test_clock__set_back_while_a_release_enters_makes_no_soak),
		RIGHTLY(test_clock__set_back_during_a_rollout_makes_no_soak),
		RIGHTLY(test_clock__set_back_while_a_rollback_ends_makes_no_soak),
		RIGHTLY(test_clock__keeps_times_after_january_2038),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
