/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "store/holding.h"
#include "store/lock.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WHAT "patchline promote 2.2 --to qa"

static bool is_held(struct store *store, const char *environment)
{
	struct error err = { 0 };
	bool held = false;

	assert_int_equal(0, holding_is_held(store, environment, &held, &err));
	return held;
}

static void test_holding__names_its_owner_until_it_is_released(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct holding *h = NULL;
	struct error err = { 0 };

	assert_int_equal(0, holding_take(place->store, "qa", WHAT, "alice", &h, &err));
	assert_non_null(strstr(holding_owner(h), WHAT));
	assert_true(is_held(other, "qa"));
	assert_false(is_held(other, "beta"));
	assert_true(place_refused(store_lock_take(other, "qa", "bob: test", 60, "bob", &err), &err,
		ERR_CONFLICT, WHAT));
	assert_int_equal(0, holding_renew(h, &err));
	assert_int_equal(0, holding_release(h, &err));
	assert_false(is_held(other, "qa"));
}

static int64_t seconds_left(struct place *place)
{
	return place_ask(place, "SELECT expires_at FROM environment_lock") - clock_now();
}

/* What is fresh is not written again; what is not ours any longer is told, however fresh it looks. */
static void test_holding__is_renewed_when_it_is_time(void **state)
{
	struct place *place = *state;
	struct holding *h = NULL;
	struct error err = { 0 };

	assert_int_equal(0, holding_take(place->store, "qa", WHAT, "alice", &h, &err));
	assert_int_equal(0, store_lock_renew(place->store, "qa", holding_owner(h),
				    clock_now() + HOLDING_SECONDS - 30, &err));
	assert_int_equal(0, holding_renew(h, &err));
	assert_in_range(seconds_left(place), HOLDING_SECONDS - 50, HOLDING_SECONDS - 30);
	assert_int_equal(
		0, store_lock_renew(place->store, "qa", holding_owner(h), clock_now() + 60, &err));
	assert_int_equal(0, holding_renew(h, &err));
	assert_in_range(seconds_left(place), HOLDING_SECONDS - 20, HOLDING_SECONDS);
	assert_int_equal(0, store_lock_release(place->store, "qa", holding_owner(h), "bob", &err));
	assert_int_equal(
		0, store_lock_take(place->store, "qa", "bob: test", HOLDING_SECONDS, "bob", &err));
	assert_true(place_refused(holding_renew(h, &err), &err, ERR_CONFLICT, "bob: test"));
	holding_free(h);
}

/* The lock that a killed program leaves behind. */
static void leave_behind(const struct place *place)
{
	pid_t child = fork();

	if (child == 0) {
		struct store *store = place_connect(place);
		struct holding *h = NULL;
		struct error err = { 0 };

		_exit(holding_take(store, "qa", "patchline clone", "bob", &h, &err) < 0);
	}

	int status = 0;

	assert_int_equal(child, waitpid(child, &status, 0));
	assert_int_equal(0, status);
}

static void test_holding__of_a_dead_process_is_taken_over_at_once(void **state)
{
	struct place *place = *state;
	CLEANUP(holding_free) struct holding *h = NULL;
	struct error err = { 0 };

	leave_behind(place);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM environment_lock"));
	assert_false(is_held(place->store, "qa"));
	assert_int_equal(0, holding_take(place->store, "qa", WHAT, "alice", &h, &err));
	assert_true(is_held(place->store, "qa"));
}

static void test_holding__of_another_machine_is_respected_until_it_expires(void **state)
{
	struct place *place = *state;
	struct holding *h = NULL;
	struct error err = { 0 };

	assert_int_equal(0, store_lock_take(place->store, "qa",
				    "bob on no-such-machine, process 1: test", 60, "bob", &err));
	assert_true(is_held(place->store, "qa"));
	assert_true(place_refused(holding_take(place->store, "qa", WHAT, "alice", &h, &err), &err,
		ERR_CONFLICT, "no-such-machine"));
	assert_null(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_holding__names_its_owner_until_it_is_released),
		IN_PLACE(test_holding__is_renewed_when_it_is_time),
		IN_PLACE(test_holding__of_a_dead_process_is_taken_over_at_once),
		IN_PLACE(test_holding__of_another_machine_is_respected_until_it_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
