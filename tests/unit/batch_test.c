/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "model/config.h"
#include "policy/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct host db[] = { { .name = "db1" } };
static struct host web[] = { { .name = "web1" }, { .name = "web2" }, { .name = "web3" } };
static struct host lb[] = { { .name = "lb1" }, { .name = "lb2" } };

#define AT_ONCE                                                                                    \
	{                                                                                          \
		100, true                                                                          \
	}

/* "db1! web1 web2,web3": batches by blanks, those that interrupt with a mark. */
static char *draw(const struct environment *e, const char *const *groups)
{
	CLEANUP(batches_done) struct batches b = { 0 };
	struct str out = { 0 };

	batches_make(e, groups, &b);
	for (size_t i = 0; i < b.count; i++) {
		str_add(&out, i ? " " : "");
		for (size_t h = 0; h < b.items[i].count; h++)
			str_addf(&out, "%s%s", h ? "," : "", b.items[i].hosts[h]);
		assert_null(b.items[i].hosts[b.items[i].count]);
		str_add(&out, b.items[i].interrupts ? "!" : "");
	}
	return str_take(&out);
}

static void test_batch__goes_by_waves_and_merges_what_goes_at_once(void **state)
{
	static const struct {
		unsigned canary; /* of web */
		struct portion wave;
		const char *only[3];
		const char *wanted;
	} cases[] = {
		{ 0, AT_ONCE, { 0 }, "db1,web1,web2,web3,lb1,lb2!" },
		{ 1, AT_ONCE, { 0 }, "db1! web1 web2,web3 lb1,lb2!" },
		{ 0, { 1, false }, { 0 }, "db1! web1 web2 web3 lb1,lb2!" },
		{ 1, { 50, true }, { "web" }, "web1 web2,web3" },
		{ 0, AT_ONCE, { "web" }, "web1,web2,web3!" },
		{ 0, AT_ONCE, { "lb", "db" }, "db1,lb1,lb2!" },
		{ 0, AT_ONCE, { "none" }, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct group groups[] = {
			{ .name = "db", .hosts = db, .host_count = 1, .wave = AT_ONCE },
			{ .name = "web",
				.hosts = web,
				.host_count = 3,
				.canary = cases[i].canary,
				.wave = cases[i].wave },
			{ .name = "empty", .wave = AT_ONCE },
			{ .name = "lb", .hosts = lb, .host_count = 2, .wave = AT_ONCE },
		};
		struct environment e = { .name = "production", .groups = groups, .group_count = 4 };
		CLEANUP(free)
		char *drawn = draw(&e, cases[i].only[0] ? cases[i].only : NULL);

		assert_string_equal(cases[i].wanted, drawn);
	}
}

/* A canary that is the whole group leaves nobody to serve. */
static void test_batch__of_a_whole_group_interrupts(void **state)
{
	struct group g = {
		.name = "db", .hosts = db, .host_count = 1, .canary = 1, .wave = AT_ONCE
	};
	struct environment e = { .name = "production", .groups = &g, .group_count = 1 };
	CLEANUP(free) char *drawn = draw(&e, NULL);

	(void)state;
	assert_string_equal("db1!", drawn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch__goes_by_waves_and_merges_what_goes_at_once),
		cmocka_unit_test(test_batch__of_a_whole_group_interrupts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
