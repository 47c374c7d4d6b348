/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: every host is met once, in the order of the line; groups without hosts are passed over. */
#include "base/error.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct host ab[] = { { .name = "a" }, { .name = "b" } };
static struct host c[] = { { .name = "c" } };
static struct host d[] = { { .name = "d" } };
static struct group first[] = { { .name = "none" }, { .name = "ab", .hosts = ab, .host_count = 2 },
	{ .name = "nobody" }, { .name = "c", .hosts = c, .host_count = 1 }, { .name = "empty" } };
static struct group last[] = { { .name = "d", .hosts = d, .host_count = 1 } };
static struct environment line[] = { { .name = "first", .groups = first, .group_count = 5 },
	{ .name = "without" }, { .name = "last", .groups = last, .group_count = 1 } };

static void test_place__of_every_host_once(void **state)
{
	const struct config config = { .environments = line, .environment_count = 3 };
	CLEANUP(str_done) struct str told = { 0 };

	(void)state;
	for (struct place at = { 0 }; config_next_host(&config, &at);)
		str_addf(&told, "%s/%s/%s ", at.environment->name, at.group->name, at.host->name);
	assert_string_equal("first/ab/a first/ab/b first/c/c last/d/d ", str_text(&told));
	assert_int_equal(4, config_host_count(&config));
}

static void test_place__within_one_environment(void **state)
{
	CLEANUP(str_done) struct str told = { 0 };
	struct place none = { 0 };

	(void)state;
	for (struct place at = { 0 }; environment_next_host(&line[0], &at);)
		str_addf(&told, "%s ", at.host->name);
	assert_string_equal("a b c ", str_text(&told));
	assert_int_equal(3, environment_host_count(&line[0]));
	assert_false(environment_next_host(&line[1], &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place__of_every_host_once),
		cmocka_unit_test(test_place__within_one_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
