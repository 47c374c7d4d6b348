/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/step.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WHAT "patchline promote 2.2 --to qa"
#define HOUR 3600

/*
 * Each look at the clock that is never set takes `pace` seconds, and runs `meanwhile` on the store at the second one:
 * what others do while one watches. The beat of what this program holds goes by the true clock.
 */
static struct {
	int64_t passed, pace, looks;
	int64_t wall; /* how far the other clock is off */
	const struct place *place;
	const char *meanwhile;
} sky;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	int result = (int)syscall(SYS_clock_gettime, clock, out);

	if (clock != CLOCK_MONOTONIC || gettid() != getpid() || !sky.pace)
		return result;
	out->tv_sec += sky.passed += sky.pace;
	if (++sky.looks == 2 && sky.meanwhile)
		place_meddle(sky.place, sky.meanwhile);
	return result;
}

time_t time(time_t *out)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
	now.tv_sec += sky.wall;
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

static int quietly(void **state)
{
	memset(&sky, 0, sizeof sky);
	return place_setup(state);
}

static bool is_held(struct store *store, const char *name)
{
	struct error err = { 0 };
	bool held = false;

	assert_int_equal(0, lease_is_held(store, name, &held, &err));
	return held;
}

static struct lease *held(struct store *store)
{
	struct lease *lease = NULL;
	struct error err = { 0 };

	if (lease_take(store, "qa", WHAT, "alice", &lease, &err) < 0)
		fail_msg("%s", err.text);
	return lease;
}

static int64_t fence(const struct place *place)
{
	return place_ask(place, "SELECT fence FROM lease WHERE name = 'qa'");
}

static int write_something(struct store *store, struct error *err)
{
	static const struct event_draft draft = { "a", "b", SUBJECT_ENVIRONMENT, "c", NULL };

	return store_event_add(store, &draft, err);
}

/* Another machine's program takes it, as if this one had been away for long. */
static void take_over(const struct place *place)
{
	place_meddle(place, "UPDATE lease SET token = 'theirs', fence = fence + 1, actor = 'bob',"
			    " what = 'patchline resume', machine = 'ctl2', boot = 'other',"
			    " process = 7 WHERE name = 'qa'");
}

static void test_lease__tells_who_has_it_until_it_is_given_back(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct lease *lease = held(place->store), *second = NULL;
	struct error err = { 0 };

	assert_true(is_held(other, "qa"));
	assert_false(is_held(other, "beta"));
	assert_true(place_refused(lease_take(other, "qa", "patchline test", "bob", &second, &err),
		&err, ERR_CONFLICT, "'qa' is worked on by alice ('" WHAT "' on "));
	assert_int_equal(0, lease_release(&lease, &err));
	assert_null(lease);
	assert_false(is_held(other, "qa"));
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'lease.taken'"
					     " AND payload LIKE '%promote 2.2%'"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'lease.released'"));
}

/* The same process, person and command: it is held all the same. */
static void test_lease__is_not_taken_twice_by_one_program(void **state)
{
	struct place *place = *state;
	struct lease *first = held(place->store), *second = NULL;
	struct error err = { 0 };

	assert_true(place_refused(lease_take(place->store, "qa", WHAT, "alice", &second, &err),
		&err, ERR_CONFLICT, "worked on by alice"));
	assert_null(second);
	assert_int_equal(0, lease_release(&first, &err));
}

/* Only who works on the environment of a rollout writes down a step of it. */
static void test_lease__of_another_environment_writes_no_step(void **state)
{
	struct place *place = *state;
	struct rollout_host_row host = { .host = "web1", .group = "web", .wave = 1 };
	const struct rollout_draft draft = { "qa", place_candidate, NULL, { &host, 1 } };
	const struct step_key stage = { 1, "web1", 1, STEP_STAGE };
	struct lease *lease = held(place->store), *other = NULL;
	struct error err = { 0 };
	int64_t id = 0;

	place_furnish(place->store);
	assert_int_equal(0, store_rollout_add(place->store, &draft, "alice", &id, &err));
	assert_int_equal(0, lease_take(place->store, "beta", WHAT, "alice", &other, &err));
	assert_true(place_refused(store_step_start(other, &stage, 60, &err), &err, ERR_CONFLICT,
		"the lease of 'beta' is of another environment"));
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM rollout_step"));
	assert_int_equal(0, store_step_start(lease, &stage, 60, &err));
	take_over(place);
	assert_true(place_refused(store_step_end(lease, &stage,
					  &(struct step_end){ STEP_STATE_DONE, NULL, "" }, &err),
		&err, ERR_CONFLICT, "'qa' was taken over by bob"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM rollout_step WHERE ended_at = 0"));
	lease_free(other);
	lease_free(lease);
}

/* Also when it was given back in between. */
static void test_lease__has_a_greater_number_each_time(void **state)
{
	struct place *place = *state;
	struct lease *lease = held(place->store);
	int64_t first = fence(place);
	struct error err = { 0 };

	assert_int_equal(0, lease_release(&lease, &err));
	lease = held(place->store);
	assert_true(fence(place) > first);
	assert_int_equal(0, lease_release(&lease, &err));
}

static void test_lease__that_was_lost_lets_nothing_be_written(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct lease *lease = held(place->store);
	struct error err = { 0 };
	char before[65], after[65];

	assert_int_equal(0, write_something(place->store, &err));
	take_over(place);
	place_digest(place, before);
	assert_true(place_refused(write_something(place->store, &err), &err, ERR_CONFLICT,
		"'qa' was taken over by bob ('patchline resume' on ctl2, process 7)"));
	assert_true(place_refused(
		transaction_begin(&transaction, place->store, &err), &err, ERR_CONFLICT, "ctl2"));
	assert_true(place_refused(lease_release(&lease, &err), &err, ERR_CONFLICT, "ctl2"));
	place_digest(place, after);
	assert_string_equal(before, after);
	assert_int_equal(0, write_something(other, &err));
	lease_free(lease);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM lease WHERE actor = 'bob'"));
	assert_int_equal(0, write_something(place->store, &err));
}

/* One that was lost does not keep another from being given back. */
static void test_lease__is_given_back_beside_one_that_was_lost(void **state)
{
	struct place *place = *state;
	struct lease *lost = held(place->store), *other = NULL;
	struct error err = { 0 };

	assert_int_equal(0, lease_take(place->store, "beta", WHAT, "alice", &other, &err));
	take_over(place);
	assert_int_equal(0, lease_release(&other, &err));
	lease_free(lost);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM lease WHERE name = 'beta'"));
}

static void test_lease__that_was_taken_over_and_given_back_is_lost(void **state)
{
	struct place *place = *state;
	struct lease *lease = held(place->store);
	struct error err = { 0 };

	place_meddle(place, "DELETE FROM lease");
	assert_true(place_refused(write_something(place->store, &err), &err, ERR_CONFLICT,
		"taken over by another program, which has ended since"));
	lease_free(lease);
}

/* Takes the lease, and is killed with it. */
static void die_with_it(struct place *place)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		struct store *store = place_connect(place);
		struct lease *lease = NULL;
		struct error err = { 0 };

		if (lease_take(store, "qa", "patchline clone", "bob", &lease, &err) < 0)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(child, waitpid(child, &status, 0));
	assert_true(WIFSIGNALED(status));
}

static void test_lease__of_a_dead_process_is_taken_over_at_once(void **state)
{
	static const int64_t jumps[] = { 0, HOUR, -HOUR };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct error err = { 0 };

		sky.wall = 0;
		die_with_it(place);
		sky.wall = jumps[i];
		assert_false(is_held(place->store, "qa"));

		struct lease *lease = held(place->store);

		assert_int_equal(i + 1,
			place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'lease.taken'"
					 " AND payload LIKE '%taken_over_from\":\"bob%'"));
		assert_int_equal(0, lease_release(&lease, &err));
	}
}

/* A number that another program has by now. */
static void test_lease__of_a_number_that_was_given_again_is_nobodys(void **state)
{
	struct place *place = *state;
	struct lease *lease = NULL;
	struct error err = { 0 };

	die_with_it(place);
	place_meddle(place, "UPDATE lease SET process = 1");
	lease = held(place->store);
	assert_int_equal(0, lease_release(&lease, &err));
}

/* As another machine, or another container with this one's name, would have written it. */
static const char *const elsewhere[] = {
	"UPDATE lease SET boot = '3dbb57a9-0000-4000-8000-000000000000'",
	"UPDATE lease SET space = 'pid:[1]'",
	"UPDATE lease SET boot = '', space = ''",
};

static void test_lease__of_another_machine_ends_when_its_beat_stands_still(void **state)
{
	struct place *place = *state;

	sky.pace = LEASE_SECONDS / 3;
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		struct error err = { 0 };

		die_with_it(place);
		place_meddle(place, elsewhere[i]);

		int64_t began = sky.passed;
		struct lease *lease = held(place->store);

		assert_in_range(sky.passed - began, LEASE_SECONDS, 3 * LEASE_SECONDS);
		assert_int_equal(0, lease_release(&lease, &err));
	}
}

/* Whatever the clocks say of it. */
static void test_lease__of_another_machine_that_beats_is_respected(void **state)
{
	static const int64_t jumps[] = { 0, HOUR, -HOUR };
	struct place *place = *state;
	struct lease *lease = NULL;
	struct error err = { 0 };

	die_with_it(place);
	sky.pace = 1;
	sky.place = place;
	sky.meanwhile = "UPDATE lease SET beat = beat + 1";
	for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++) {
		place_meddle(place, elsewhere[k]);
		for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
			sky.wall = jumps[i];
			sky.looks = 0;
			assert_true(place_refused(
				lease_take(place->store, "qa", WHAT, "alice", &lease, &err), &err,
				ERR_CONFLICT, "'qa' is worked on by bob"));
		}
	}
}

/* Changes hands while somebody watches: the watch begins anew. */
static void test_lease__that_changes_hands_is_watched_anew(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	die_with_it(place);
	place_meddle(place, elsewhere[0]);
	sky.pace = LEASE_SECONDS - 1;
	sky.place = place;
	sky.meanwhile = "UPDATE lease SET token = 'another'";

	struct lease *lease = held(place->store);

	assert_true(sky.passed >= 3 * (LEASE_SECONDS - 1));
	assert_int_equal(0, lease_release(&lease, &err));
}

/* Stopped for long: another may have it, and that is found out when it goes on. */
static void test_lease__of_a_process_that_stands_still_is_taken_over(void **state)
{
	struct place *place = *state;
	int ready[2], status = 0;
	char byte = 0;

	assert_int_equal(0, pipe(ready));

	pid_t child = fork();

	if (child == 0) {
		struct store *store = place_connect(place);
		struct lease *lease = held(store);
		struct error err = { 0 };

		if (write(ready[1], "", 1) != 1)
			_exit(1);
		raise(SIGSTOP);
		_exit(write_something(store, &err) == 0 || err.kind != ERR_CONFLICT ||
			!strstr(err.text, "'qa' was taken over by alice") || !lease);
	}
	assert_int_equal(1, read(ready[0], &byte, 1));
	assert_int_equal(child, waitpid(child, &status, WUNTRACED));
	assert_true(WIFSTOPPED(status));
	assert_true(is_held(place->store, "qa"));
	sky.wall = LEASE_SECONDS;
	assert_false(is_held(place->store, "qa"));
	sky.pace = LEASE_SECONDS;

	struct lease *lease = held(place->store);
	struct error err = { 0 };

	assert_int_equal(0, kill(child, SIGCONT));
	assert_int_equal(child, waitpid(child, &status, 0));
	assert_true(WIFEXITED(status));
	assert_int_equal(0, WEXITSTATUS(status));
	assert_int_equal(0, lease_release(&lease, &err));
	close(ready[0]);
	close(ready[1]);
}

static void test_lease__beats_while_it_is_held(void **state)
{
	struct place *place = *state;
	struct lease *lease = held(place->store);
	struct error err = { 0 };
	struct timespec pause = { 0, 50 * 1000 * 1000 };

	place_meddle(place, "UPDATE lease SET expires_at = 0");
	for (int i = 0; i < 400 && !place_ask(place, "SELECT beat FROM lease"); i++)
		nanosleep(&pause, NULL);
	assert_int_equal(1, place_ask(place, "SELECT beat > 0 AND expires_at > 0 FROM lease"));
	assert_int_equal(0, lease_release(&lease, &err));
}

#define QUIETLY(test) cmocka_unit_test_setup_teardown(test, quietly, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		QUIETLY(test_lease__tells_who_has_it_until_it_is_given_back),
		QUIETLY(test_lease__is_not_taken_twice_by_one_program),
		QUIETLY(test_lease__of_another_environment_writes_no_step),
		QUIETLY(test_lease__has_a_greater_number_each_time),
		QUIETLY(test_lease__that_was_lost_lets_nothing_be_written),
		QUIETLY(test_lease__is_given_back_beside_one_that_was_lost),
		QUIETLY(test_lease__that_was_taken_over_and_given_back_is_lost),
		QUIETLY(test_lease__of_a_dead_process_is_taken_over_at_once),
		QUIETLY(test_lease__of_a_number_that_was_given_again_is_nobodys),
		QUIETLY(test_lease__of_another_machine_ends_when_its_beat_stands_still),
		QUIETLY(test_lease__of_another_machine_that_beats_is_respected),
		QUIETLY(test_lease__that_changes_hands_is_watched_anew),
		QUIETLY(test_lease__of_a_process_that_stands_still_is_taken_over),
		QUIETLY(test_lease__beats_while_it_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
