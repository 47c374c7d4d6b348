/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/admission.h"
#include "gate/testing.h"
#include "model/config.h"
#include "rehearse/rehearsal_private.h"
#include "store/environment.h"
#include "store/evidence.h"

#include <stdio.h>
#include <stdlib.h>

/* True when the newest result of the suite on that host is a pass since then. */
static bool has_passed(
	const struct test_rows *rows, const char *suite, const char *host, int64_t since)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct test_row *row = &rows->items[i];

		if (str_equal(row->suite, suite) && str_equal(row->host, host))
			return row->outcome == OUTCOME_PASSED && row->started_at >= since;
	}
	return false;
}

static bool is_tested(
	const struct rehearsing *r, const struct test_rows *rows, const char *name, int64_t since)
{
	const struct group *group =
		environment_group(r->clone, config_suite(r->request->config, name)->on);

	for (size_t i = 0; group && i < group->host_count; i++) {
		if (!has_passed(rows, name, group->hosts[i].name, since))
			return false;
	}
	return group || has_passed(rows, name, "", since);
}

/* The suites that have not passed yet on the patched clone, ended by NULL. free(). */
static int find_untested(const struct rehearsing *r, const char ***out, struct error *err)
{
	const char *const *tests = r->clone->gate.tests;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(test_rows_done) struct test_rows rows = { 0 };
	size_t count = 0, left = 0;

	if (store_environment_find(r->request->store, r->clone->name, &row, err) < 0 ||
		store_tests(r->request->store, r->clone->name, r->row.candidate, &rows, err) < 0)
		return -1;
	while (tests[count])
		count++;
	*out = mem_new(count + 1, sizeof **out);
	for (size_t i = 0; i < count; i++) {
		if (!is_tested(r, &rows, tests[i], row.entered_at))
			(*out)[left++] = tests[i];
	}
	return 0;
}

/* *is_good: the gate misses nothing but people and time; else the summary says what. */
static int gate_judge(struct rehearsing *r, bool *is_good, struct error *err)
{
	CLEANUP(gate_decision_done) struct gate_decision decision = { 0 };
	CLEANUP(str_done) struct str words = { 0 };
	const struct admission asked = { r->request->config, r->request->store, r->row.candidate,
		r->environment, r->clone };

	if (admission_ask(&asked, &decision, err) < 0)
		return -1;
	for (size_t i = 0; i < decision.count; i++) {
		enum gate_reason_kind kind = decision.reasons[i].kind;

		if (kind != GATE_APPROVALS && kind != GATE_REJECTED && kind != GATE_SOAK)
			str_addf(&words, "%s%s", words.size ? "; " : "", decision.reasons[i].text);
	}
	*is_good = !words.size;
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", str_text(&words));
	return 0;
}

int rehearsal_test(struct rehearsing *r, bool *is_good, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(free) const char **names = NULL;
	struct testing_summary sum = { 0 };
	struct testing_request testing = {
		.config = request->config,
		.store = request->store,
		.environment = r->clone,
		.actor = request->actor,
		.on_start = request->watch.on_test_start,
		.on_end = request->watch.on_test_end,
		.context = request->watch.context,
	};

	if (find_untested(r, &names, err) < 0)
		return -1;
	testing.only = names;
	if (*names) {
		rehearsal_tell_stage(r, REHEARSE_TEST, r->clone->name);
		if (testing_run(&testing, &sum, err) < 0)
			return -1;
	}
	r->summary.passed = sum.passed;
	r->summary.failed = sum.failed;
	return gate_judge(r, is_good, err);
}
