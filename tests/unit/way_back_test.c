/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "plan/plan.h"
#include "plan/universe.h"
#include "rollout/way_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char installed[] =
	"Platform: debian-12-amd64\nArchitectures: amd64\n\n"
	"Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\n\n"
	"Package: zlib\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2\n";
static const char offered[] =
	"Package: fresh\nArchitecture: amd64\nVersion: 3.0\nFilename: f.deb\nSize: 1\n"
	"SHA256: 0000000000000000000000000000000000000000000000000000000000000000\n\n"
	"Package: tool\nArchitecture: amd64\nVersion: 1.1\nDepends: fresh\nFilename: t.deb\n"
	"Size: 1\nSHA256: "
	"1111111111111111111111111111111111111111111111111111111111111111\n";

/* A host, and what an archive would make of it: tool becomes newer and another architecture, fresh is new. */
struct scene {
	struct hoststate *state;
	struct universe *universe;
	struct plan *plan;
};

static void scene_make(struct scene *s)
{
	char path[] = "/tmp/way-test-XXXXXX";
	int fd = mkstemp(path);
	const struct feed feed = { "archive", path, false };
	struct error err = { 0 };

	assert_int_equal(sizeof offered - 1, write(fd, offered, sizeof offered - 1));
	close(fd);
	s->universe = universe_new("amd64");
	if (hoststate_read(installed, sizeof installed - 1, &s->state, &err) < 0 ||
		universe_read(s->universe, &feed, &err) < 0 ||
		universe_add_state(s->universe, s->state, &err) < 0)
		fail_msg("%s", err.text);
	unlink(path);
	universe_finish(s->universe);
	if (plan_make(s->universe, s->state, NULL, &s->plan, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(2, plan_change_count(s->plan));
}

static void scene_done_p(struct scene *s)
{
	plan_free(s->plan);
	universe_free(s->universe);
	hoststate_free(s->state);
}

static void test_way__is_the_plan_the_other_way_round(void **state)
{
	CLEANUP(scene_done) struct scene s = { 0 };

	(void)state;
	scene_make(&s);

	CLEANUP(way_back_free) struct way_back *way = way_back_new(s.plan, s.state);

	assert_int_equal(2, way->package_count);
	assert_string_equal("fresh", way->packages[0].name);
	assert_string_equal("", way->packages[0].before);
	assert_string_equal("3.0", way->packages[0].after);
	assert_string_equal("tool", way->packages[1].name);
	assert_string_equal("all", way->packages[1].architecture);
	assert_string_equal("1.0", way->packages[1].before);
	assert_string_equal("1.1", way->packages[1].after);
	assert_string_equal("debian-12-amd64", way->platform);
	assert_string_equal(hoststate_digest(s.state), way->state_before);
	assert_int_equal(64, strlen(way->packages_digest));
}

static void test_way__is_read_as_it_was_written(void **state)
{
	CLEANUP(scene_done) struct scene s = { 0 };
	CLEANUP(way_back_free) struct way_back *again = NULL;
	struct error err = { 0 };

	(void)state;
	scene_make(&s);

	CLEANUP(way_back_free) struct way_back *way = way_back_new(s.plan, s.state);

	way->kind = WAY_BACK_IS_DOWNGRADE;
	way->packages[1].is_rebuilt = true;
	way_back_set(&way->set, "abc");

	CLEANUP(free) char *text = way_back_write(way);

	assert_int_equal(0, way_back_read(text, &again, &err));

	CLEANUP(free) char *second = way_back_write(again);
	CLEANUP(free) char *words = way_back_words(again);

	assert_string_equal(text, second);
	assert_string_equal("downgrade of 1 package, 1 removed, 1 rebuilt", words);
}

static void test_way__says_what_it_is(void **state)
{
	const struct {
		struct way_back way;
		const char *words;
	} cases[] = {
		{ { .kind = WAY_BACK_IS_SNAPSHOT, .snapshot = (char[]){ "rollout-3" } },
			"snapshot rollout-3" },
		{ { .kind = WAY_BACK_IS_SNAPSHOT,
			  .snapshot = (char[]){ "rollout-3" },
			  .is_forgotten = true },
			"snapshot rollout-3, forgotten" },
		{ { .kind = WAY_BACK_IS_NONE,
			  .waived_by = (char[]){ "ann" },
			  .waiver = (char[]){ "lab" } },
			"none: waived by ann: lab" },
		{ { .kind = WAY_BACK_IS_DOWNGRADE }, "downgrade of 0 packages" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *words = way_back_words(&cases[i].way);

		assert_string_equal(cases[i].words, words);
	}
}

static void test_way__that_is_none_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"{}",
		"[]",
		"{\"kind\":\"teleport\"}",
		"{\"kind\":\"snapshot\"}",
		"{\"kind\":\"none\",\"packages_before\":\"\",\"state_before\":\"\",\"snapshot\":\"\",\"set\":\"\","
		"\"platform\":\"\",\"waived_by\":\"\",\"waiver\":\"\",\"packages\":[{\"name\":\"a\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct way_back *way = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, way_back_read(cases[i], &way, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_null(way);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_way__is_the_plan_the_other_way_round),
		cmocka_unit_test(test_way__is_read_as_it_was_written),
		cmocka_unit_test(test_way__says_what_it_is),
		cmocka_unit_test(test_way__that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
