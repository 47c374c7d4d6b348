/* SPDX-License-Identifier: Apache-2.0 */

#include "present/evidence.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"

#include <limits.h>
#include <stdio.h>

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

static void print_evidence(const struct evidence *e)
{
	puts("TESTS");
	output_table(&test_item_view, e->tests.items, e->tests.count,
		"None was run yet: patchline test ENV");
	output_heading("APPROVALS");
	output_table(&approval_row_view, e->approvals.items, e->approvals.count,
		"None was given yet: patchline approve CANDIDATE --in ENV");
}

int cmd_evidence(struct invocation *inv, struct error *err)
{
	CLEANUP(evidence_done) struct evidence evidence = { 0 };
	CLEANUP(lookup_done) struct lookup about = { 0 };
	const char *environment = NULL, *candidate = NULL;
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0)
		return -1;
	if (option_value(inv, "output"))
		return print_output(store, option_value(inv, "output"), err);
	if (read_subject(inv, &about, &environment, &candidate, err) < 0 ||
		evidence_read(store, environment, candidate, &evidence, err) < 0)
		return -1;
	if (wants_json(inv))
		output_row(inv, &evidence_view, &evidence);
	else
		print_evidence(&evidence);
	return 0;
}
