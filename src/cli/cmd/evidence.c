/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"

#include <limits.h>
#include <stdio.h>

static const struct column test_columns[] = {
	{ "id", "ID", COLUMN_NUMBER },
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "release", NULL, COLUMN_TEXT },
	{ "set", NULL, COLUMN_DIGEST },
	{ "suite", "TEST", COLUMN_TEXT },
	{ "host", "ON", COLUMN_TEXT },
	{ "outcome", "OUTCOME", COLUMN_TEXT },
	{ "passed", "PASSED", COLUMN_NUMBER },
	{ "failed", "FAILED", COLUMN_NUMBER },
	{ "skipped", "SKIPPED", COLUMN_NUMBER },
	{ "started_at", NULL, COLUMN_TIME },
	{ "ended_at", "WHEN", COLUMN_TIME },
	{ "duration_seconds", "TOOK", COLUMN_DURATION },
	{ "format", NULL, COLUMN_TEXT },
	{ "fingerprint", NULL, COLUMN_DIGEST },
	{ 0 },
};

static const struct column approval_columns[] = {
	{ "id", "ID", COLUMN_NUMBER },
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "candidate", "CANDIDATE", COLUMN_TEXT },
	{ "kind", "WORD", COLUMN_TEXT },
	{ "approver", "BY", COLUMN_TEXT },
	{ "at", "WHEN", COLUMN_TIME },
	{ "comment", "COMMENT", COLUMN_PROSE },
	{ 0 },
};

static int print_output(struct store *store, const char *text, struct error *err)
{
	CLEANUP(test_row_done) struct test_row row = { 0 };
	unsigned id = 0;

	if (!str_number(text, INT_MAX, &id, NULL))
		return error_set(err, ERR_USAGE,
			"--output wants the number of a test, not '%.40s'; 'patchline evidence' lists "
			"them",
			text);
	if (store_test_find(store, id, &row, err) < 0)
		return -1;
	fputs(row.output, stdout);
	if (*row.output && !str_ends(row.output, "\n"))
		putchar('\n');
	return 0;
}

static void add_test(struct table *t, const struct test_row *row)
{
	table_row(t);
	table_number(t, "id", row->id);
	table_text(t, "environment", row->environment);
	table_text(t, "candidate", row->candidate);
	table_text(t, "release", *row->release ? row->release : NULL);
	table_text(t, "set", row->set);
	table_text(t, "suite", row->suite);
	table_text(t, "host", *row->host ? row->host : "controller");
	table_text(t, "outcome", outcome_name(row->outcome));
	table_number(t, "passed", row->passed);
	table_number(t, "failed", row->failed);
	table_number(t, "skipped", row->skipped);
	table_number(t, "started_at", row->started_at);
	table_number(t, "ended_at", row->ended_at);
	table_number(t, "duration_seconds", row->ended_at - row->started_at);
	table_text(t, "format", row->format);
	table_text(t, "fingerprint", row->fingerprint);
}

static void add_approval(struct table *t, const struct approval_row *row)
{
	table_row(t);
	table_number(t, "id", row->id);
	table_text(t, "environment", row->environment);
	table_text(t, "candidate", row->candidate);
	table_text(t, "kind", approval_name(row->kind));
	table_text(t, "approver", row->approver);
	table_number(t, "at", row->at);
	table_text(t, "comment", row->comment);
}

/* Of an environment, a candidate, or everything. */
static int read_subject(struct invocation *inv, struct lookup *about, const char **environment,
	const char **candidate, struct error *err)
{
	const char *text = arg_at(inv, 0);

	if (!text)
		return 0;
	if (lookup_name(inv, text, about, err) < 0)
		return -1;
	if (about->subject != SUBJECT_ENVIRONMENT && about->subject != SUBJECT_CANDIDATE)
		return error_set(err, ERR_USAGE,
			"evidence is kept of environments and candidates, and '%.60s' is a %s",
			text, subject_name(about->subject));
	*environment = about->subject == SUBJECT_ENVIRONMENT ? about->id : NULL;
	*candidate = about->subject == SUBJECT_CANDIDATE ? about->id : NULL;
	return 0;
}

static void print_evidence(
	struct invocation *inv, const struct table *tests, const struct table *approvals)
{
	if (wants_json(inv)) {
		struct jvalue *both = jvalue_object();

		jvalue_set(both, "tests", table_json(tests));
		jvalue_set(both, "approvals", table_json(approvals));
		output_json(both);
		return;
	}
	puts("TESTS");
	table_print(tests, "None was run yet: patchline test ENV", stdout);
	output_heading("APPROVALS");
	table_print(approvals, "None was given yet: patchline approve CANDIDATE --in ENV", stdout);
}

int cmd_evidence(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *tests = table_new(test_columns);
	CLEANUP(table_free) struct table *approvals = table_new(approval_columns);
	CLEANUP(test_rows_done) struct test_rows test_rows = { 0 };
	CLEANUP(approval_rows_done) struct approval_rows approval_rows = { 0 };
	CLEANUP(lookup_done) struct lookup about = { 0 };
	const char *environment = NULL, *candidate = NULL;
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0)
		return -1;
	if (option_value(inv, "output"))
		return print_output(store, option_value(inv, "output"), err);
	if (read_subject(inv, &about, &environment, &candidate, err) < 0 ||
		store_tests(store, environment, candidate, &test_rows, err) < 0 ||
		store_approvals(store, environment, candidate, &approval_rows, err) < 0)
		return -1;
	for (size_t i = 0; i < test_rows.count; i++)
		add_test(tests, &test_rows.items[i]);
	for (size_t i = 0; i < approval_rows.count; i++)
		add_approval(approvals, &approval_rows.items[i]);
	print_evidence(inv, tests, approvals);
	return 0;
}
