/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	char *state;
	struct pool *pool;
};

static int start(void **state)
{
	struct fixture *f = mem_new(1, sizeof *f);
	struct error err = { 0 };

	f->state = mem_strdup("/tmp/pool-test-XXXXXX");
	assert_non_null(mkdtemp(f->state));
	assert_int_equal(0, pool_open(f->state, &f->pool, &err));
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(0, file_remove_all(f->state, &err));
	pool_close(f->pool);
	free(f->state);
	free(f);
	return 0;
}

/* Write over the first byte of a pool file, as a failing disk might. */
static void spoil(const struct pool *pool, const char *sha256)
{
	CLEANUP(free) char *path = pool_path(pool, sha256);
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_int_equal('X', fputc('X', file));
	fclose(file);
}

static void test_pool__keeps_bytes_under_their_digest(void **state)
{
	const struct fixture *f = *state;
	CLEANUP(free) char *text = NULL;
	char sha256[DIGEST_HEX_SIZE];
	struct error err = { 0 };
	size_t size = 0;

	assert_int_equal(0, pool_put_bytes(f->pool, "hello", 5, sha256, &err));
	assert_true(pool_has(f->pool, sha256, 5));
	assert_false(pool_has(f->pool, sha256, 6));
	assert_int_equal(0, pool_check(f->pool, sha256, &err));
	assert_int_equal(0, pool_read(f->pool, sha256, 5, &text, &size, &err));
	assert_string_equal("hello", text);
	assert_int_equal(5, size);
}

static void test_pool__takes_a_file_only_under_its_own_digest(void **state)
{
	const struct fixture *f = *state;
	CLEANUP(free) char *path = mem_printf("%s/file", f->state);
	char sha256[DIGEST_HEX_SIZE], other[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	digest_bytes("hello", 5, sha256);
	digest_bytes("other", 5, other);
	assert_int_equal(0, file_write(path, "hello", 5, 0644, &err));
	assert_int_equal(-1, pool_put(f->pool, path, other, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_true(file_exists(path));
	assert_false(pool_has(f->pool, other, 5));
	assert_int_equal(0, pool_put(f->pool, path, sha256, &err));
	assert_false(file_exists(path));
	assert_true(pool_has(f->pool, sha256, 5));
}

static void test_pool__tells_missing_from_changed(void **state)
{
	const struct fixture *f = *state;
	char *text = NULL, sha256[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	digest_bytes("hello", 5, sha256);
	assert_int_equal(-1, pool_check(f->pool, sha256, &err));
	assert_int_equal(ERR_NOT_FOUND, err.kind);
	assert_int_equal(0, pool_put_bytes(f->pool, "hello", 5, sha256, &err));
	spoil(f->pool, sha256);
	assert_int_equal(-1, pool_check(f->pool, sha256, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_non_null(strstr(err.text, "patchline verify --repair"));
	assert_int_equal(-1, pool_read(f->pool, sha256, 5, &text, NULL, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_null(text);
}

struct bad {
	char names[2][DIGEST_HEX_SIZE];
	size_t count;
};

static void note(void *context, const char *sha256)
{
	struct bad *bad = context;

	assert_in_range(bad->count, 0, 1);
	memcpy(bad->names[bad->count++], sha256, DIGEST_HEX_SIZE);
}

static void test_pool__sets_damaged_files_aside(void **state)
{
	const struct fixture *f = *state;
	char good[DIGEST_HEX_SIZE], spoilt[DIGEST_HEX_SIZE];
	struct pool_totals totals = { 0 };
	struct bad bad = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, pool_put_bytes(f->pool, "good one", 8, good, &err));
	assert_int_equal(0, pool_put_bytes(f->pool, "spoilt", 6, spoilt, &err));
	spoil(f->pool, spoilt);
	assert_int_equal(0, pool_verify(f->pool, 2, note, &bad, &totals, &err));
	assert_int_equal(2, totals.files);
	assert_int_equal(1, totals.damaged);
	assert_int_equal(14, totals.bytes);
	assert_int_equal(1, bad.count);
	assert_string_equal(spoilt, bad.names[0]);
	assert_false(pool_has(f->pool, spoilt, 6));

	CLEANUP(free) char *path = pool_path(f->pool, spoilt);
	CLEANUP(free) char *aside = mem_printf("%s.damaged", path);

	assert_true(file_exists(aside));
	assert_int_equal(0, pool_verify(f->pool, 2, note, &bad, &totals, &err));
	assert_int_equal(1, totals.files);
	assert_int_equal(0, totals.damaged);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_pool__keeps_bytes_under_their_digest, start, stop),
		cmocka_unit_test_setup_teardown(
			test_pool__takes_a_file_only_under_its_own_digest, start, stop),
		cmocka_unit_test_setup_teardown(test_pool__tells_missing_from_changed, start, stop),
		cmocka_unit_test_setup_teardown(test_pool__sets_damaged_files_aside, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
