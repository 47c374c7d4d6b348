/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void test_digest__gives_the_known_answers(void **state)
{
	char out[DIGEST_HEX_SIZE];

	(void)state;
	assert_string_equal(EMPTY, digest_bytes("", 0, out));
	assert_string_equal(ABC, digest_bytes("abc", 3, out));
}

static void test_digest__does_not_care_how_bytes_come(void **state)
{
	CLEANUP(hasher_free) struct hasher *h = hasher_new();
	char out[DIGEST_HEX_SIZE];

	(void)state;
	hasher_add(h, "a", 1);
	hasher_add(h, NULL, 0);
	hasher_add(h, "bc", 2);
	assert_string_equal(ABC, hasher_end(STEAL(&h), out));
}

static void test_digest__takes_a_whole_file(void **state)
{
	char path[] = "/tmp/digest_test.XXXXXX", out[DIGEST_HEX_SIZE];
	CLEANUP(fd_close) int fd = mkstemp(path);
	struct error err = { 0 };
	uint64_t size = 7;

	(void)state;
	assert_int_equal(3, write(fd, "abc", 3));
	assert_int_equal(0, digest_file(path, out, &size, &err));
	assert_string_equal(ABC, out);
	assert_int_equal(3, size);
	assert_int_equal(0, digest_file(path, out, NULL, &err));
	assert_int_equal(0, unlink(path));
	assert_int_equal(-1, digest_file(path, out, &size, &err));
	assert_int_equal(ERR_NOT_FOUND, err.kind);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(-1, digest_file("/tmp", out, &size, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
}

static void test_digest__knows_its_own_form(void **state)
{
	(void)state;
	assert_true(digest_is_valid(ABC));
	assert_false(digest_is_valid(""));
	assert_false(digest_is_valid(ABC "0"));
	assert_false(digest_is_valid(&ABC[1]));
	assert_false(digest_is_valid(
		"BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	assert_false(digest_is_valid(
		"../816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest__gives_the_known_answers),
		cmocka_unit_test(test_digest__does_not_care_how_bytes_come),
		cmocka_unit_test(test_digest__takes_a_whole_file),
		cmocka_unit_test(test_digest__knows_its_own_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
