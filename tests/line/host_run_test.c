/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for a step looks each second whether people still want that. */
#include "../store/store_fixture.h"
#include "base/own.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "store/db.h"
#include "store/flaky.h"
#include "store/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define CALLS_AT_MOST 50

/* As store/store_private.h has it, which has another `struct change` than fleet/order.h. */
int store_open_driver(const struct db_driver *driver, const char *directory, struct store **out,
	struct error *err);

/* A step of web1 that is waited for, over a store that can be made to fail. */
struct waiting {
	struct flaky flaky;
	struct store *store;
	struct rollout_request request;
	struct host_run_shared shared;
	struct host_run host_run;
};

static void begin(struct waiting *w, const struct place *place)
{
	struct rollout_host_row row = { .host = "web1", .group = "web", .wave = 1, .reason = "" };
	const struct rollout_draft draft = { "qa", place_candidate, "{}", { &row, 1 } };
	struct error err = { 0 };

	place_furnish(place->store);
	*w = (struct waiting){ 0 };
	flaky_init(&w->flaky, &sqlite_driver);
	assert_int_equal(0, store_open_driver(&w->flaky.driver, place->directory, &w->store, &err));
	assert_int_equal(
		0, store_rollout_add(place->store, &draft, "alice", &w->shared.rollout, &err));
	w->request.store = w->store;
	w->shared.request = &w->request;
	w->host_run.shared = &w->shared;
}

static void test_host_run__waits_on_when_the_store_cannot_be_read(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };
	struct waiting w;
	unsigned failures = 0;

	begin(&w, place);
	for (unsigned n = 1; n < CALLS_AT_MOST; n++) {
		w.flaky.calls = 0;
		w.flaky.fail_at = n;
		assert_int_equal(0, host_run_tick(&w.host_run, &err));
		assert_false(w.host_run.is_at_work);
		failures += w.flaky.calls >= n;
	}
	assert_true(failures > 0);
	store_close(w.store);
}

static void test_host_run__is_left_at_work_when_nobody_waits_any_longer(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };
	struct waiting w;

	begin(&w, place);
	assert_int_equal(
		0, store_rollout_wish(place->store, w.shared.rollout, WISH_CANCEL, "bob", &err));
	assert_int_equal(0, host_run_tick(&w.host_run, &err));
	assert_int_equal(
		0, store_rollout_wish(place->store, w.shared.rollout, WISH_ABANDON, "bob", &err));
	assert_true(place_refused(host_run_tick(&w.host_run, &err), &err, ERR_UNCERTAIN, "by bob"));
	assert_true(w.host_run.is_at_work);

	/* What is begun to give a host back what it is owed was begun in spite of that. */
	w.host_run.is_at_work = false;
	w.host_run.wish = WISH_ABANDON;
	assert_int_equal(0, host_run_tick(&w.host_run, &err));
	store_close(w.store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_host_run__waits_on_when_the_store_cannot_be_read),
		IN_PLACE(test_host_run__is_left_at_work_when_nobody_waits_any_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
