/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/pool.h"
#include "rollout/set_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char *state;
	struct set_files *set_files;
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
	assert_int_equal(0, set_files_new(f->state, NULL, &f->set_files, &err));
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(0, file_remove_all(f->state, &err));
	set_files_free(f->set_files);
	free(f->state);
	free(f);
	return 0;
}

static void overwrite(const struct fixture *f, const char *text)
{
	CLEANUP(free) char *path = pool_path(set_files_pool(f->set_files), f->sha256);
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(0, fclose(file));
}

static void test_set_files__looks_at_a_file_once(void **state)
{
	const struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(0, set_files_check_file(f->set_files, f->sha256, &err));
	overwrite(f, "Hello");
	assert_int_equal(0, set_files_check_file(f->set_files, f->sha256, &err));
}

static void test_set_files__refuses_what_is_wrong_until_it_is_right(void **state)
{
	const struct fixture *f = *state;
	struct error err = { 0 };

	overwrite(f, "Hello");
	for (int times = 0; times < 2; times++) {
		assert_int_equal(-1, set_files_check_file(f->set_files, f->sha256, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, "was changed"));
	}
	overwrite(f, "hello");
	assert_int_equal(0, set_files_check_file(f->set_files, f->sha256, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_set_files__looks_at_a_file_once, start, stop),
		cmocka_unit_test_setup_teardown(
			test_set_files__refuses_what_is_wrong_until_it_is_right, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
