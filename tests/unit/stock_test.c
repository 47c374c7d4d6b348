/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/pool.h"
#include "rollout/stock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char *state;
	struct stock *stock;
	char sha256[65]; /* of a file in the pool */
};

static int start(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	struct error err = { 0 };
	CLEANUP(pool_close) struct pool *pool = NULL;

	f->state = mem_strdup("/tmp/stock-test-XXXXXX");
	assert_non_null(mkdtemp(f->state));
	assert_int_equal(0, pool_open(f->state, &pool, &err));
	assert_int_equal(0, pool_put_bytes(pool, "hello", 5, f->sha256, &err));
	assert_int_equal(0, stock_new(f->state, NULL, &f->stock, &err));
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(0, file_remove_all(f->state, &err));
	stock_free(f->stock);
	free(f->state);
	free(f);
	return 0;
}

static void overwrite(const struct fixture *f, const char *text)
{
	CLEANUP(free) char *path = pool_path(stock_pool(f->stock), f->sha256);
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(0, fclose(file));
}

static void test_stock__looks_at_a_file_once(void **state)
{
	const struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(0, stock_check_file(f->stock, f->sha256, &err));
	overwrite(f, "Hello");
	assert_int_equal(0, stock_check_file(f->stock, f->sha256, &err));
}

static void test_stock__refuses_what_is_wrong_until_it_is_right(void **state)
{
	const struct fixture *f = *state;
	struct error err = { 0 };

	overwrite(f, "Hello");
	for (int times = 0; times < 2; times++) {
		assert_int_equal(-1, stock_check_file(f->stock, f->sha256, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, "was changed"));
	}
	overwrite(f, "hello");
	assert_int_equal(0, stock_check_file(f->stock, f->sha256, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stock__looks_at_a_file_once, start, stop),
		cmocka_unit_test_setup_teardown(
			test_stock__refuses_what_is_wrong_until_it_is_right, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
