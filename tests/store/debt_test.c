/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "store/debt.h"
#include "store/event.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct debt_row service = { "prod-web1", DEBT_SERVICE, "production", 4, 0 };
static const struct debt_row updaters = { "prod-web1", DEBT_UPDATERS, "production", 4, 0 };
static const struct debt_row elsewhere = { "qa-web1", DEBT_SERVICE, "qa", 5, 0 };

static size_t count_events(struct store *store, const char *kind)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	const struct event_filter filter = { .kind = kind };
	struct error err = { 0 };

	assert_int_equal(0, store_events(store, &filter, &rows, &err));
	return rows.count;
}

static void test_debt__stands_until_it_is_paid_whoever_asks(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 }, left = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_debt_make(place->store, &service, "alice", &err));
	assert_int_equal(0, store_debt_make(place->store, &updaters, "alice", &err));
	assert_int_equal(0, store_debt_make(place->store, &elsewhere, "alice", &err));
	assert_int_equal(0, store_debts(other, NULL, &rows, &err));
	assert_int_equal(3, rows.count);
	assert_string_equal("production", rows.items[0].environment);
	assert_int_equal(4, rows.items[0].rollout);
	assert_true(rows.items[0].since > 0);
	assert_int_equal(
		0, store_debt_pay(other, "prod-web1", DEBT_SERVICE, "undrain", "bob", &err));
	assert_int_equal(0, store_debts_of(place->store, "prod-web1", &left, &err));
	assert_int_equal(1, left.count);
	assert_int_equal(DEBT_UPDATERS, left.items[0].debt);
}

static void test_debt__is_told_once(void **state)
{
	struct place *place = *state;
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };
	struct error err = { 0 };

	for (int i = 0; i < 2; i++)
		assert_int_equal(0, store_debt_make(place->store, &service, "alice", &err));
	assert_int_equal(1, count_events(place->store, "debt.made"));
	for (int i = 0; i < 2; i++)
		assert_int_equal(0, store_debt_pay(place->store, "prod-web1", DEBT_SERVICE,
					    "undrain", "bob", &err));
	assert_int_equal(1, count_events(place->store, "debt.paid"));
	assert_int_equal(0, store_debts(place->store, "production", &rows, &err));
	assert_int_equal(0, rows.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_debt__stands_until_it_is_paid_whoever_asks),
		IN_PLACE(test_debt__is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
