/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every verb, with the database failing at its first call, its second, and so on: each time the
 * verb says so, and nothing of it is left behind. And every verb in a program that lost a lease.
 */
#include "base/mem.h"
#include "store/flaky.h"
#include "store/lease.h"
#include "store/store_private.h"
#include "store_fixture.h"
#include "verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CALLS_AT_MOST 200

/* Run a verb with its n-th call failing, for n from 1 until it gets through. */
static unsigned fail_everywhere(
	const struct place *place, struct store *store, struct flaky *flaky, size_t verb)
{
	for (unsigned n = 1; n < CALLS_AT_MOST; n++) {
		char before[65], after[65];
		struct error err = { 0 };

		place_digest(place, before);
		flaky->calls = 0;
		flaky->fail_at = n;

		int result = verbs[verb].run(store, &err);

		flaky->fail_at = 0;
		if (result == 0 && flaky->calls < n)
			return n - 1;
		if (!place_refused(result, &err, ERR_SYSTEM, "fails on purpose"))
			fail_msg("'%s' with a failing call %u", verbs[verb].name, n);
		place_digest(place, after);
		if (strcmp(before, after) != 0)
			fail_msg("'%s' left something behind at call %u", verbs[verb].name, n);
	}
	fail_msg("'%s' never gets through", verbs[verb].name);
	return 0;
}

/* Each verb meets a store of its own, furnished alike: none finds what another one did. */
static unsigned fail_verb(size_t verb)
{
	CLEANUP(store_close) struct store *store = NULL;
	struct flaky flaky;
	struct error err = { 0 };
	void *mine = NULL;

	place_setup(&mine);

	struct place *place = mine;

	verbs_furnish(place->store);
	flaky_init(&flaky, &sqlite_driver);
	assert_int_equal(0, store_open_driver(&flaky.driver, place->directory, &store, &err));

	assert_int_equal(0, store_check(store, &err)); /* what reads is open from here on */

	unsigned failures = fail_everywhere(place, store, &flaky, verb);

	store_close(STEAL(&store));
	place_teardown(&mine);
	return failures;
}

static void test_flaky__every_verb_fails_cleanly_at_every_call(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (size_t i = 0; i < verb_count; i++)
		failures += fail_verb(i);
	print_message("# %zu verbs, %u failures put in\n", verb_count, failures);
	assert_true(failures > 2 * verb_count);
}

/* Taking and giving back, which leave something in the handle: fails at the n-th call, or is not tried any more. */
static bool try_lease(
	const struct place *place, struct flaky *flaky, unsigned n, int (*run)(void *), void *what)
{
	char before[65], after[65];

	place_digest(place, before);
	flaky->calls = 0;
	flaky->fail_at = n;

	int result = run(what);

	flaky->fail_at = 0;
	place_digest(place, after);
	assert_int_equal(result < 0, strcmp(before, after) == 0);
	return result == 0 && flaky->calls < n;
}

struct leasing {
	struct store *store;
	struct lease *lease;
};

static int take_lease(void *what)
{
	struct leasing *l = what;
	struct error err = { 0 };

	return lease_take(l->store, "beta", "patchline test", "alice", &l->lease, &err);
}

static int release_lease(void *what)
{
	struct leasing *l = what;
	struct error err = { 0 };

	return lease_release(&l->lease, &err);
}

static void test_flaky__a_lease_is_taken_and_given_back_whole(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *store = NULL;
	struct flaky flaky;
	struct error err = { 0 };
	unsigned n = 1, k = 1;

	flaky_init(&flaky, &sqlite_driver);
	assert_int_equal(0, store_open_driver(&flaky.driver, place->directory, &store, &err));

	struct leasing l = { store, NULL };

	while (!try_lease(place, &flaky, n, take_lease, &l))
		n++;
	while (!try_lease(place, &flaky, k, release_lease, &l))
		k++;
	assert_true(n > 5 && k > 5);
	assert_null(l.lease);
}

/* What a verb leaves behind in a store of its own, as 'lost' or not; true when it changed anything. */
static bool changes_anything(size_t verb, bool is_lost, struct error *err, int *result)
{
	struct lease *lease = NULL;
	char before[65], after[65];
	void *mine = NULL;

	place_setup(&mine);

	struct place *place = mine;

	verbs_furnish(place->store);
	assert_int_equal(0, lease_take(place->store, "qa", "a test", "alice", &lease, err));
	if (is_lost)
		place_meddle(place, "UPDATE lease SET token = 'theirs', actor = 'bob'");
	place_digest(place, before);
	*result = verbs[verb].run(place->store, err);
	place_digest(place, after);
	lease_free(lease);
	place_teardown(&mine);
	return strcmp(before, after) != 0;
}

/* Whatever the verb: who lost a lease reads, and writes nothing. */
static void test_verbs__write_nothing_once_a_lease_was_lost(void **state)
{
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < verb_count; i++) {
		struct error err = { 0 }, fine = { 0 };
		int result = 0, without = 0;
		bool writes = changes_anything(i, false, &fine, &without);

		if (changes_anything(i, true, &err, &result))
			fail_msg("'%s' changed something", verbs[i].name);
		if (writes && !place_refused(result, &err, ERR_CONFLICT, "taken over by bob"))
			fail_msg("'%s' was not refused", verbs[i].name);
		refused += writes;
	}
	print_message("# %zu of %zu verbs refused\n", refused, verb_count);
	assert_true(refused > verb_count / 3);
}

static void test_flaky__opening_fails_cleanly_at_every_call(void **state)
{
	struct place *place = *state;

	for (unsigned n = 1; n < CALLS_AT_MOST; n++) {
		CLEANUP(free) char *directory = mem_printf("%s/%u", place->directory, n);
		struct store *store = NULL, *later = NULL;
		struct flaky flaky;
		struct error err = { 0 };

		flaky_init(&flaky, &sqlite_driver);
		flaky.fail_at = n;

		int result = store_open_driver(&flaky.driver, directory, &store, &err);

		if (result == 0 && flaky.calls < n) {
			store_close(store);
			assert_true(n > 5);
			return;
		}
		assert_true(place_refused(result, &err, ERR_SYSTEM, "fails on purpose"));
		assert_null(store);
		assert_int_equal(0, store_open(directory, &later, &err));
		store_close(later);
	}
	fail_msg("the store never opens");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flaky__every_verb_fails_cleanly_at_every_call),
		cmocka_unit_test(test_verbs__write_nothing_once_a_lease_was_lost),
		IN_PLACE(test_flaky__a_lease_is_taken_and_given_back_whole),
		IN_PLACE(test_flaky__opening_fails_cleanly_at_every_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
