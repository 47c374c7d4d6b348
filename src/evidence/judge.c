/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/judge.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "evidence/junit.h"
#include "evidence/suite.h"
#include "evidence/tap.h"
#include "model/config.h"

#define FAILED_TOLD   3
#define SIGNAL_STATUS 128

/* Keep both ends of a long text: how it began and, more often the reason, how it ended. */
static char *keep_output(const struct suite_end *end, bool *is_cut)
{
	CLEANUP(str_done) struct str all = { 0 };
	size_t half = SUITE_OUTPUT_MAX / 2;

	str_add_bytes(&all, end->output, end->output_size);
	if (*end->errors)
		str_addf(&all, "%s[standard error]\n%s", all.size ? "\n" : "", end->errors);
	for (size_t i = 0; i < all.size; i++) {
		if (!all.text[i])
			all.text[i] = '?';
	}
	*is_cut = end->is_truncated || all.size > SUITE_OUTPUT_MAX;
	if (all.size > SUITE_OUTPUT_MAX)
		return mem_printf("%.*s\n[%zu bytes cut out here]\n%s%s", (int)half, all.text,
			all.size - 2 * half, all.text + all.size - half,
			end->is_truncated ? "\n[and more behind it]\n" : "");
	if (end->is_truncated)
		str_add(&all, "\n[cut here: it printed more than was read]\n");
	return str_take(&all);
}

/* A suite without a report is one case of its own name. */
static int read_exit(const struct suite *suite, const struct suite_end *end, struct report *report,
	struct error *err)
{
	return report_add(
		report, suite->name, end->exit_status ? CASE_FAILED : CASE_PASSED, NULL, err);
}

static int read_report(const struct suite *suite, const struct suite_end *end,
	struct report *report, struct error *err)
{
	switch (suite->format) {
	case TEST_EXIT:
		return read_exit(suite, end, report, err);
	case TEST_TAP:
		if (end->is_truncated)
			return error_set(err, ERR_CORRUPT, "it printed more than can be read");
		return tap_parse(end->output, end->output_size, report, err);
	case TEST_JUNIT:
		if (!end->report)
			return error_set(err, ERR_CORRUPT,
				"it wrote no report to the file that $PATCHLINE_TEST_REPORT names");
		return junit_parse(end->report, end->report_size, report, err);
	}
	return error_set(err, ERR_USAGE, "unknown format");
}

/* "exit status 3", "ended by signal 9". */
static char *exit_words(int status)
{
	return status > SIGNAL_STATUS ? mem_printf("ended by signal %d", status - SIGNAL_STATUS)
				      : mem_printf("exit status %d", status);
}

/* "2 of 10 tests failed: cart, till". */
static char *failed_words(const struct report *report)
{
	CLEANUP(str_done) struct str s = { 0 };
	size_t told = 0;

	str_addf(&s, "%zu of %zu tests failed:", report->failed, report->count);
	for (size_t i = 0; i < report->count && told <= FAILED_TOLD; i++) {
		if (report->cases[i].outcome != CASE_FAILED)
			continue;
		if (told < FAILED_TOLD)
			str_addf(&s, "%s %s", told ? "," : "", report->cases[i].name);
		else
			str_add(&s, " ...");
		told++;
	}
	return str_take(&s);
}

/* The outcome of a suite that ended by itself and whose report could be read; *reason becomes owned. */
static enum outcome judge_report(const struct suite *suite, const struct suite_end *end,
	const struct report *r, char **reason)
{
	CLEANUP(free) char *ended = exit_words(end->exit_status);

	if (r->failed && suite->format == TEST_EXIT) {
		*reason = STEAL(&ended);
		return OUTCOME_FAILED;
	}
	if (r->failed) {
		*reason = failed_words(r);
		return OUTCOME_FAILED;
	}
	if (!r->count) {
		*reason = mem_printf("it reported no tests (%s)", ended);
		return OUTCOME_ERROR;
	}
	if (end->exit_status) {
		*reason = mem_printf("no test failed in its report, but %s", ended);
		return OUTCOME_FAILED;
	}
	if (!r->passed) {
		*reason = mem_printf("all %zu tests were skipped: nothing was tested", r->count);
		return OUTCOME_ERROR;
	}
	*reason = mem_strdup("");
	return OUTCOME_PASSED;
}

void judge_suite(const struct suite *suite, const struct suite_end *end, struct suite_result *out)
{
	struct error err = { 0 };
	int result = read_report(suite, end, &out->report, &err);

	out->exit_status = end->exit_status;
	out->output = keep_output(end, &out->is_cut);
	if (end->is_timed_out) {
		out->outcome = OUTCOME_TIMED_OUT;
		out->reason = mem_printf(
			"stopped at its time limit of %lld seconds", (long long)suite->timeout);
	} else if (result < 0) {
		out->outcome = OUTCOME_ERROR;
		out->reason = mem_printf("its report cannot be read: %s", err.text);
	} else {
		out->outcome = judge_report(suite, end, &out->report, &out->reason);
	}
}
