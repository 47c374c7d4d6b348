/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/config.h"
#include "policy/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ENTERED 1000
#define NOW     2000

/* Up to four pieces of evidence of each sort are enough for every rule; unused ones have no name. */
#define EVIDENCE_MAX 4

struct situation {
	const char *tests[EVIDENCE_MAX];     /* demanded */
	const char *approvers[EVIDENCE_MAX]; /* listed */
	unsigned approvals;
	int64_t soak;
	struct gate_place places[EVIDENCE_MAX];
	struct gate_test results[EVIDENCE_MAX];
	struct gate_approval words[EVIDENCE_MAX];
	enum environment_status status;
	const char *running, *release;
	bool has_set;
};

/* What has no number of its own was kept in the order of its moments. */
static void number(struct situation *s)
{
	for (size_t i = 0; i < EVIDENCE_MAX; i++) {
		if (!s->results[i].number)
			s->results[i].number = s->results[i].at;
		if (!s->words[i].number)
			s->words[i].number = s->words[i].at;
	}
}

static void decide(const struct situation *known, struct gate_decision *out)
{
	struct situation numbered = *known, *s = &numbered;
	const struct gate gate = {
		.tests = s->tests,
		.approvals = s->approvals,
		.approvers = s->approvers,
		.soak = s->soak,
	};
	struct gate_facts facts = {
		.candidate = "2.2+a41f",
		.target = "beta",
		.now = NOW,
		.predecessor = "qa",
		.gate = &gate,
		.status = s->status,
		.running = s->running,
		.release = s->release,
		.has_set = s->has_set,
		.entered_at = ENTERED,
		.places = s->places,
		.tests = s->results,
		.approvals = s->words,
	};

	number(s);
	while (facts.place_count < EVIDENCE_MAX && s->places[facts.place_count].suite)
		facts.place_count++;
	while (facts.test_count < EVIDENCE_MAX && s->results[facts.test_count].suite)
		facts.test_count++;
	while (facts.approval_count < EVIDENCE_MAX && s->words[facts.approval_count].by)
		facts.approval_count++;
	gate_decide(&facts, out);
}

#define HERE .status = ENVIRONMENT_CLEAN, .running = "2.2+a41f"

/* One reason is enough to tell a case; NULL: the gate is open. */
static const struct {
	struct situation s;
	enum gate_verdict verdict;
	enum gate_reason_kind kind;
	const char *text, *remedy;
} cases[] = {
	{ { HERE }, GATE_OPEN, 0, NULL, NULL },
	/* the predecessor must run it, and be settled */
	{ { .status = ENVIRONMENT_CLEAN, .running = "2.1+b2" }, GATE_REFUSED, GATE_SKIPS,
		"qa may not be skipped: it runs 2.1+b2, not 2.2+a41f",
		"patchline promote 2.2+a41f --to qa" },
	{ { .status = ENVIRONMENT_CLEAN, .running = NULL }, GATE_REFUSED, GATE_SKIPS,
		"it runs no candidate", "--to qa" },
	{ { .status = ENVIRONMENT_CLEAN, .release = "2.1", .has_set = true }, GATE_REFUSED,
		GATE_SKIPS,
		"qa has the set of 2.2+a41f, but not its code: it runs release 2.1, not 2.2",
		"deploy 2.2 there, then: patchline deployed 2.2 --to qa" },
	{ { .status = ENVIRONMENT_CLEAN, .has_set = true }, GATE_REFUSED, GATE_SKIPS,
		"it runs release unknown, not 2.2", "patchline deployed 2.2 --to qa" },
	{ { .status = ENVIRONMENT_MIXED, .running = "2.2+a41f" }, GATE_REFUSED, GATE_UNSETTLED,
		"qa is mixed: a rollout stopped half-way, so it cannot vouch for 2.2+a41f",
		"again" },
	{ { .status = ENVIRONMENT_ROLLING }, GATE_REFUSED, GATE_UNSETTLED, "rollout running",
		"wait for the rollout" },
	{ { .status = ENVIRONMENT_UNKNOWN }, GATE_REFUSED, GATE_UNSETTLED, "not known to run",
		"patchline status" },
	/* tests */
	{ { HERE, .tests = { "shop" } }, GATE_REFUSED, GATE_TEST_MISSING,
		"test 'shop' has not run in qa for 2.2+a41f", "patchline test qa" },
	{ { HERE, .tests = { "shop" }, .results = { { "other", "", OUTCOME_PASSED, 1500, true } } },
		GATE_REFUSED, GATE_TEST_MISSING, "test 'shop' has not run", "patchline test qa" },
	{ { HERE, .tests = { "shop" }, .results = { { "shop", "", OUTCOME_PASSED, 1500, true } } },
		GATE_OPEN, 0, NULL, NULL },
	{ { HERE, .tests = { "shop" }, .results = { { "shop", "", OUTCOME_FAILED, 1500, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "test 'shop' failed in qa at 1970-01-01T00:25:00Z",
		"patchline test qa" },
	{ { HERE, .tests = { "shop" },
		  .results = { { "shop", "", OUTCOME_TIMED_OUT, 1500, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "ran out of time", "patchline test qa" },
	{ { HERE, .tests = { "shop" }, .results = { { "shop", "", OUTCOME_ERROR, 1500, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "could not be run or read", "patchline test qa" },
	{ { HERE, .tests = { "shop" }, .results = { { "shop", "", OUTCOME_PASSED, 999, true } } },
		GATE_REFUSED, GATE_TEST_STALE, "before the environment was complete",
		"patchline test qa" },
	{ { HERE, .tests = { "shop" }, .results = { { "shop", "", OUTCOME_PASSED, 1500, false } } },
		GATE_REFUSED, GATE_TEST_STALE, "hosts of qa have changed since test 'shop' passed",
		"patchline test qa" },
	/* only the newest result counts, wherever it stands in the list */
	{ { HERE, .tests = { "shop" },
		  .results = { { "shop", "", OUTCOME_PASSED, 1500, true },
			  { "shop", "", OUTCOME_FAILED, 1600, true },
			  { "shop", "", OUTCOME_PASSED, 1400, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "00:26:40Z", "patchline test qa" },
	{ { HERE, .tests = { "shop" },
		  .results = { { "shop", "", OUTCOME_FAILED, 1500, true },
			  { "shop", "", OUTCOME_PASSED, 1501, true } } },
		GATE_OPEN, 0, NULL, NULL },
	{ { HERE, .tests = { "shop" },
		  .results = { { "shop", "", OUTCOME_FAILED, 1500, true },
			  { "shop", "", OUTCOME_PASSED, 1500, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "failed", "patchline test qa" },
	/* a clock that was ahead does not make an old pass the newest result */
	{ { HERE, .tests = { "shop" },
		  .results = { { "shop", "", OUTCOME_PASSED, 9000, true, 1 },
			  { "shop", "", OUTCOME_FAILED, 1600, true, 2 } } },
		GATE_REFUSED, GATE_TEST_FAILED, "00:26:40Z", "patchline test qa" },
	/* each place for itself */
	{ { HERE, .tests = { "unit" }, .places = { { "unit", "qa-web1" }, { "unit", "qa-web2" } },
		  .results = { { "unit", "qa-web1", OUTCOME_PASSED, 1500, true } } },
		GATE_REFUSED, GATE_TEST_MISSING, "test 'unit' on qa-web2 has not run",
		"patchline test qa" },
	{ { HERE, .tests = { "unit" }, .places = { { "unit", "qa-web1" }, { "unit", "qa-web2" } },
		  .results = { { "unit", "qa-web1", OUTCOME_FAILED, 1500, true },
			  { "unit", "qa-web2", OUTCOME_PASSED, 1600, true } } },
		GATE_REFUSED, GATE_TEST_FAILED, "test 'unit' on qa-web1 failed",
		"patchline test qa" },
	/* approvals */
	{ { HERE, .approvals = 1 }, GATE_REFUSED, GATE_APPROVALS,
		"0 of 1 approvals of 2.2+a41f in qa", "patchline approve 2.2+a41f --in qa" },
	{ { HERE, .approvals = 2, .words = { { APPROVAL_APPROVE, "anna", 1500 } } }, GATE_REFUSED,
		GATE_APPROVALS, "1 of 2 approvals of 2.2+a41f in qa (by anna)",
		"patchline approve 2.2+a41f --in qa, by somebody else" },
	{ { HERE, .approvals = 1, .words = { { APPROVAL_APPROVE, "anna", 1500 } } }, GATE_OPEN, 0,
		NULL, NULL },
	{ { HERE, .approvals = 1, .words = { { APPROVAL_APPROVE, "anna", 999 } } }, GATE_REFUSED,
		GATE_APPROVALS, "0 of 1", "" },
	{ { HERE, .approvals = 2,
		  .words = { { APPROVAL_APPROVE, "anna", 1500 }, { APPROVAL_APPROVE, "anna", 1600 },
			  { APPROVAL_APPROVE, "anna", 1500 } } },
		GATE_REFUSED, GATE_APPROVALS, "1 of 2 approvals of 2.2+a41f in qa (by anna)", "" },
	{ { HERE, .approvals = 2, .approvers = { "anna", "ben", "anna-maria" },
		  .words = { { APPROVAL_APPROVE, "anna", 1500 },
			  { APPROVAL_APPROVE, "mallory", 1600 } } },
		GATE_REFUSED, GATE_APPROVALS, "1 of 2", "by ben, anna-maria" },
	{ { HERE, .approvals = 2, .approvers = { "anna", "ben" },
		  .words = { { APPROVAL_APPROVE, "anna", 1500 },
			  { APPROVAL_APPROVE, "ben", 1600 } } },
		GATE_OPEN, 0, NULL, NULL },
	/* a rejection by anybody holds until the same person approves */
	{ { HERE, .words = { { APPROVAL_REJECT, "carl", 500 } } }, GATE_REFUSED, GATE_REJECTED,
		"carl rejected 2.2+a41f in qa at 1970-01-01T00:08:20Z", "an approval by carl" },
	{ { HERE, .words = { { APPROVAL_REJECT, "carl", 1500 },
			  { APPROVAL_APPROVE, "anna", 1600 } } },
		GATE_REFUSED, GATE_REJECTED, "carl rejected", "an approval by carl" },
	{ { HERE, .words = { { APPROVAL_APPROVE, "carl", 1600 },
			  { APPROVAL_REJECT, "carl", 1500 } } },
		GATE_OPEN, 0, NULL, NULL },
	{ { HERE, .words = { { APPROVAL_APPROVE, "carl", 1500 },
			  { APPROVAL_REJECT, "carl", 1500 } } },
		GATE_REFUSED, GATE_REJECTED, "carl rejected", "" },
	{ { HERE, .approvals = 1,
		  .words = { { APPROVAL_APPROVE, "anna", 1500 },
			  { APPROVAL_REJECT, "anna", 1600 } } },
		GATE_REFUSED, GATE_APPROVALS, "0 of 1", "" },
	{ { HERE, .words = { { APPROVAL_APPROVE, "carl", 9000, 1 },
			  { APPROVAL_REJECT, "carl", 1500, 2 } } },
		GATE_REFUSED, GATE_REJECTED, "carl rejected", "an approval by carl" },
	/* soak */
	{ { HERE, .soak = 1000 }, GATE_OPEN, 0, NULL, NULL },
	{ { HERE, .soak = 7200 }, GATE_WAITING, GATE_SOAK,
		"2.2+a41f is to stay in qa for 2h; 103m are left",
		"wait until 1970-01-01T02:16:40Z" },
	{ { HERE, .soak = 7200, .approvals = 1 }, GATE_REFUSED, GATE_SOAK, "103m are left", "" },
};

static const struct gate_reason *find_reason(
	const struct gate_decision *d, enum gate_reason_kind kind)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->reasons[i].kind == kind)
			return &d->reasons[i];
	}
	return NULL;
}

static void test_gate__decides_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(gate_decision_done) struct gate_decision d = { 0 };

		decide(&cases[i].s, &d);
		assert_string_equal(
			gate_verdict_name(cases[i].verdict), gate_verdict_name(d.verdict));
		assert_int_equal(cases[i].verdict == GATE_OPEN, d.count == 0);
		if (!cases[i].text)
			continue;

		const struct gate_reason *reason = find_reason(&d, cases[i].kind);

		assert_non_null(reason);
		assert_non_null(strstr(reason->text, cases[i].text));
		assert_non_null(strstr(reason->remedy, cases[i].remedy));
		assert_int_equal(reason->kind == GATE_SOAK, reason->until != 0);
	}
}

static void test_gate__of_the_first_environment_needs_nothing(void **state)
{
	const struct gate_facts facts = { .candidate = "2.2+a41f", .target = "development" };
	CLEANUP(gate_decision_done) struct gate_decision d = { 0 };
	struct error err = { 0 };

	(void)state;
	gate_decide(&facts, &d);
	assert_int_equal(GATE_OPEN, d.verdict);
	assert_int_equal(0, gate_check(&facts, &d, &err));
}

static void test_gate__tells_all_that_is_missing_at_once(void **state)
{
	const struct situation s = { HERE, .tests = { "a", "b" }, .approvals = 1, .soak = 7200 };
	CLEANUP(gate_decision_done) struct gate_decision d = { 0 };
	const struct gate_facts facts = { .candidate = "2.2+a41f", .target = "beta" };
	struct error err = { 0 };

	(void)state;
	decide(&s, &d);
	assert_int_equal(4, d.count);
	assert_int_equal(-1, gate_check(&facts, &d, &err));
	assert_int_equal(ERR_REFUSED, err.kind);
	assert_int_equal(3, error_exit_status(err.kind));
	assert_true(strncmp(err.text, "2.2+a41f may not enter beta: test 'a'", 37) == 0);
}

static void test_gate__waits_when_only_time_is_missing(void **state)
{
	const struct situation s = { HERE, .soak = 7200 };
	CLEANUP(gate_decision_done) struct gate_decision d = { 0 };
	const struct gate_facts facts = { .candidate = "2.2+a41f", .target = "beta" };
	struct error err = { 0 };

	(void)state;
	decide(&s, &d);
	assert_int_equal(-1, gate_check(&facts, &d, &err));
	assert_int_equal(4, error_exit_status(err.kind));
	assert_int_equal(ENTERED + 7200, find_reason(&d, GATE_SOAK)->until);
}

/* A clock that was set back after the candidate had come: no time has passed. */
static void test_gate__stays_closed_while_the_clock_is_behind(void **state)
{
	const struct gate gate = { .soak = 60 };
	struct gate_facts facts = { .candidate = "2.2+a41f",
		.target = "beta",
		.predecessor = "qa",
		.gate = &gate,
		.status = ENVIRONMENT_CLEAN,
		.running = "2.2+a41f",
		.entered_at = NOW };
	const int64_t moments[] = { 0, NOW - 3600, NOW - 1, NOW, NOW + 59 };

	(void)state;
	for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
		CLEANUP(gate_decision_done) struct gate_decision d = { 0 };

		facts.now = moments[i];
		gate_decide(&facts, &d);
		assert_int_equal(GATE_WAITING, d.verdict);
		assert_int_equal(facts.now < NOW, !!strstr(d.reasons[0].text, "clock is before"));
	}
}

static unsigned draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

static const char *const names[] = { "anna", "ben", "carl" };
static const char *const suites[] = { "shop", "unit" };

static struct situation draw_situation(unsigned *seed)
{
	struct situation s = {
		.approvals = draw(seed, 3),
		.soak = draw(seed, 2) ? 0 : draw(seed, 2000),
		.status = ENVIRONMENT_CLEAN,
		.running = draw(seed, 10) ? "2.2+a41f" : "2.1+b2",
	};

	for (size_t i = draw(seed, 3); i-- > 0;)
		s.tests[i] = suites[i];
	for (size_t i = draw(seed, 4); i-- > 0;)
		s.approvers[i] = names[i];
	/* The last of each sort stays free for what a property adds. */
	for (size_t i = draw(seed, EVIDENCE_MAX); i-- > 0;)
		s.results[i] = (struct gate_test){ suites[draw(seed, 2)], "",
			draw(seed, 4) ? OUTCOME_PASSED : OUTCOME_FAILED,
			ENTERED - 100 + draw(seed, 300), draw(seed, 8) > 0 };
	for (size_t i = draw(seed, EVIDENCE_MAX); i-- > 0;)
		s.words[i] =
			(struct gate_approval){ draw(seed, 5) ? APPROVAL_APPROVE : APPROVAL_REJECT,
				names[draw(seed, 3)], ENTERED - 100 + draw(seed, 300) };
	return s;
}

static enum gate_verdict verdict(const struct situation *s)
{
	CLEANUP(gate_decision_done) struct gate_decision d = { 0 };

	decide(s, &d);
	return d.verdict;
}

/* Whatever is known: good news never closes an open gate, bad news never opens a closed one, and a gate
 * that demands something never opens without evidence. */
static void test_gate__is_moved_by_evidence_in_one_direction(void **state)
{
	unsigned seed = 1, open = 0, demanding = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct situation s = draw_situation(&seed), more, bare;
		enum gate_verdict before = verdict(&s);

		open += before == GATE_OPEN;
		more = s;
		for (size_t i = 0; i < EVIDENCE_MAX; i++) {
			if (!more.results[i].suite) {
				more.results[i] = (struct gate_test){ suites[draw(&seed, 2)], "",
					OUTCOME_PASSED, NOW, true };
				break;
			}
		}
		for (size_t i = 0; i < EVIDENCE_MAX; i++) {
			if (!more.words[i].by) {
				more.words[i] = (struct gate_approval){ APPROVAL_APPROVE,
					names[draw(&seed, 3)], NOW };
				break;
			}
		}
		assert_true(verdict(&more) <= before);

		more = s;
		for (size_t i = 0; i < EVIDENCE_MAX; i++) {
			if (!more.words[i].by) {
				more.words[i] = (struct gate_approval){ APPROVAL_REJECT,
					names[draw(&seed, 3)], NOW };
				break;
			}
		}
		assert_int_equal(GATE_REFUSED, verdict(&more));

		bare = s;
		memset(bare.results, 0, sizeof bare.results);
		memset(bare.words, 0, sizeof bare.words);
		if (bare.tests[0] || bare.approvals) {
			demanding++;
			assert_int_equal(GATE_REFUSED, verdict(&bare));
		}
	}
	/* The draw is worth nothing when it never comes near an open gate. */
	assert_true(open > 1000 && demanding > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gate__decides_and_says_why),
		cmocka_unit_test(test_gate__of_the_first_environment_needs_nothing),
		cmocka_unit_test(test_gate__tells_all_that_is_missing_at_once),
		cmocka_unit_test(test_gate__waits_when_only_time_is_missing),
		cmocka_unit_test(test_gate__stays_closed_while_the_clock_is_behind),
		cmocka_unit_test(test_gate__is_moved_by_evidence_in_one_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
