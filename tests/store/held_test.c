/* SPDX-License-Identifier: Apache-2.0 */
/* What needs a set, one case a reason; and what a set that was cleaned is. */
#include "base/mem.h"
#include "base/str.h"
#include "store/candidate.h"
#include "store/rollout.h"
#include "store/set.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NEWER "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define SET   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CAND  "2.2+aaaaaaaaaaaa"

/* A row of an environment, by name, release and set. */
#define ENVIRONMENT(name, release, set)                                                            \
	"INSERT INTO environment (name, version, release, told_at, set_digest, status, rollout,"   \
	" entered_at, changed_at) VALUES ('" name "', 3, " release ", 0, " set                     \
	", 'clean', NULL, 0, 0);"
#define WAS(version, set)                                                                          \
	"INSERT INTO environment_change (environment, version, at, actor, set_digest, status)"     \
	" VALUES ('qa', " version ", 0, 'a', " set ", 'clean');"
#define ROLLOUT(id, environment, state, direction, undoes)                                         \
	"INSERT INTO rollout (id, environment, candidate, state, reason, started_at, ended_at,"    \
	" started_by, inputs, direction, undoes) VALUES (" id ", '" environment "', '" CAND        \
	"', '" state "', '', 0, 0, 'a', '{}', '" direction "', " undoes ");"
#define CLONE(state, set, candidate)                                                               \
	"INSERT INTO clone (name, environment, number, state, version, reason, provider,"          \
	" set_digest, candidate, created_at, created_by, expires_at, ended_at, fingerprint,"       \
	" original, coverage, taken, machines) VALUES ('qa/clone-1', 'qa', 1, '" state             \
	"', 1, '', 'p', " set ", " candidate ", 0, 'a', 0, 0, '', '{}', '{}', '{}', '{}');"
#define REHEARSAL(state, clone)                                                                    \
	"INSERT INTO rehearsal (id, environment, clone, asked, set_digest, state, version,"        \
	" reason, origin, started_at, ended_at, started_by) VALUES (7, 'qa', " clone               \
	", '{}', '" SET "', '" state "', 1, '', 'person', 0, 0, 'a');"
#define TEST(environment)                                                                          \
	"INSERT INTO test_result VALUES (1, '" environment "', '" CAND "', '2.2', '" SET           \
	"', 's', '', 'passed', 1, 0, 0, 0, 0, 'exit', '', '{}', '');"
#define APPROVAL "INSERT INTO approval VALUES (1, 'qa', '" CAND "', 'approved', 'a', 0, '');"
#define WAY                                                                                        \
	"INSERT INTO rollout_host (rollout, host, host_group, wave, position, verdict, reason,"    \
	" plan, started_at, ended_at, way_back) VALUES (4, 'h', 'g', 1, 1, 'done', '', '', 0, 0,"  \
	" '{\"kind\":\"downgrade\",\"set\":\"" SET "\"}');"

static const struct {
	const char *sql, *by; /* NULL: nothing needs it */
} cases[] = {
	{ "", NULL },
	{ ENVIRONMENT("qa", "NULL", "'" SET "'"), "qa runs it" },
	{ ENVIRONMENT("qa", "NULL", "'" NEWER "'") WAS("1", "'" SET "'") WAS("2", "'" NEWER "'"),
		"qa ran it last" },
	/* the one before the last */
	{ ENVIRONMENT("qa", "NULL", "NULL") WAS("1", "'" SET "'") WAS("2", "'" NEWER "'"), NULL },
	{ ENVIRONMENT("qa", "NULL", "NULL") TEST("qa"), "qa has evidence of it" },
	{ ENVIRONMENT("qa", "NULL", "NULL") APPROVAL, "qa has evidence of it" },
	/* the newest of a release that runs somewhere, and of one that does not */
	{ ENVIRONMENT("qa", "'2.2'", "NULL"), "the newest of release 2.2" },
	{ ENVIRONMENT("qa", "'2.3'", "NULL"), NULL },
	/* rollouts: not finished, the last, and the one that the next way back undoes */
	{ ROLLOUT("4", "qa", "paused", "forward", "0"), "rollout-4" },
	{ ROLLOUT("4", "qa", "done", "forward", "0"), NULL },
	{ ENVIRONMENT("qa", "NULL", "NULL") ROLLOUT("4", "qa", "done", "forward", "0"),
		"rollout-4" },
	{ ENVIRONMENT("qa", "NULL", "NULL") ROLLOUT("4", "qa", "done", "forward", "0")
			ROLLOUT("5", "qa", "done", "back", "4"),
		NULL },
	{ "UPDATE candidate SET set_digest = '" NEWER "', id = '" CAND "' WHERE number = 1;"
	  "UPDATE candidate SET number = 3 WHERE number = 1;" ROLLOUT(
		  "4", "qa", "running", "forward", "0") WAY,
		"the way back of rollout-4" },
	/* clones and rehearsals */
	{ CLONE("running", "'" SET "'", "NULL"), "qa/clone-1" },
	{ CLONE("running", "NULL", "'" CAND "'"), "qa/clone-1" },
	{ CLONE("removed", "'" SET "'", "'" CAND "'"), NULL },
	{ CLONE("running", "NULL", "NULL") REHEARSAL("waiting", "'qa/clone-1'"), "rehearsal-7" },
	{ CLONE("removed", "NULL", "NULL") REHEARSAL("failed", "'qa/clone-1'"), NULL },
	{ REHEARSAL("running", "NULL"), "rehearsal-7" },
	{ ENVIRONMENT("qa/clone-1", "'2.2'", "'" SET "'") TEST("qa/clone-1")
			CLONE("removed", "NULL", "NULL"),
		NULL },
	{ ENVIRONMENT("qa/clone-1", "NULL", "NULL") TEST("qa/clone-1")
			CLONE("stopped", "NULL", "NULL"),
		"qa/clone-1 has evidence of it" },
};

static void furnish(const struct place *place)
{
	CLEANUP(candidate_row_done) struct candidate_row newer = { 0 };
	struct error err = { 0 };

	place_furnish(place->store);
	if (store_set_add(place->store, &(struct set_row){ .digest = NEWER, .release = "3" },
		    "alice", &err) < 0 ||
		store_candidate_add(place->store,
			&(struct candidate_draft){ "3", NEWER, LANE_CODE_LINE }, "alice", &newer,
			&err) < 0)
		fail_msg("%s", err.text);
}

static void check_case(size_t index)
{
	CLEANUP(set_holders_done) struct set_holders holders = { 0 };
	struct error err = { 0 };
	const char *by = NULL;
	void *state = NULL;

	assert_int_equal(0, place_setup(&state));

	struct place *place = state;

	furnish(place);
	place_meddle(place, cases[index].sql);
	if (store_sets_held(place->store, &holders, &err) < 0)
		fail_msg("case %zu: %s", index, err.text);
	for (size_t i = 0; i < holders.count; i++) {
		if (holders.items[i].set && str_equal(holders.items[i].set, SET))
			by = holders.items[i].by;
	}
	if (!str_equal(by ? by : "", cases[index].by ? cases[index].by : ""))
		fail_msg("case %zu: '%s'", index, by ? by : "nothing");
	assert_int_equal(0, place_teardown(&state));
}

static void test_held__one_reason_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_case(i);
}

static void test_held__a_cleaned_set_begins_nothing_until_it_is_sealed_again(void **state)
{
	struct place *place = *state;
	const struct set_row set = { .digest = place_set, .release = "2.2", .summary = "{}" };
	const struct rollout_draft draft = { .environment = "qa", .candidate = place_candidate };
	CLEANUP(set_row_done) struct set_row found = { 0 };
	struct error err = { 0 };
	int64_t id = 0;

	place_furnish(place->store);
	assert_int_equal(0, store_set_cleaned(place->store, &set, "alice", &err));
	assert_true(place_refused(store_set_cleaned(place->store, &set, "alice", &err), &err,
		ERR_CONFLICT, "was cleaned already"));
	assert_int_equal(0, store_set_find(place->store, place_set, &found, &err));
	assert_true(found.cleaned_at > 1700000000);
	assert_true(place_refused(store_rollout_add(place->store, &draft, "alice", &id, &err), &err,
		ERR_REFUSED, "was cleaned on 20"));
	assert_int_equal(0, store_set_add(place->store, &set, "bob", &err));
	assert_int_equal(0, store_rollout_add(place->store, &draft, "alice", &id, &err));
	/* Its age counts from now: it is not cleaned again at once. */
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM patch_set WHERE created_by = 'bob'"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'set.cleaned'"));
	assert_int_equal(
		2, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'set.sealed'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held__one_reason_each),
		IN_PLACE(test_held__a_cleaned_set_begins_nothing_until_it_is_sealed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
