/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/ticker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void note_tick(void *context)
{
	atomic_fetch_add((atomic_int *)context, 1);
}

static void test_ticker__ticks_until_it_is_stopped(void **state)
{
	atomic_int ticks = 0;
	struct ticker *ticker = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, ticker_start(1, note_tick, &ticks, &ticker, &err));
	while (atomic_load(&ticks) < 3)
		usleep(100);
	ticker_stop(ticker);

	int seen = atomic_load(&ticks);

	usleep(5000);
	assert_int_equal(seen, atomic_load(&ticks));
	assert_int_equal(0, ticker_start(INT64_MAX / 2, note_tick, &ticks, &ticker, &err));
	ticker_stop(ticker);
	assert_int_equal(seen, atomic_load(&ticks));
	ticker_stop(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ticker__ticks_until_it_is_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
