/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/orphan.h"
#include "cli/report/tested.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "present/evidence.h"

#include <stdio.h>
#include <stdlib.h>

/* Why the results count for nothing, and what would make them count. */
static int tell_lost(struct invocation *inv, const struct testing_summary *sum, struct error *err)
{
	const char *name = arg_at(inv, 0);
	CLEANUP(free) char *way_on = NULL;

	if (find_way_on(inv, name, &way_on, err) < 0)
		return -1;
	if (*sum->contradiction)
		printf("\nCounts for no candidate: %s; %s.\n", sum->contradiction, way_on);
	else
		printf("\nCounts for no candidate: %s runs none; %s.\n", name, way_on);
	printf("Then 'patchline test %s' counts.\n", name);
	return 0;
}

static int tell_tests(struct invocation *inv, const struct view_rows *t,
	const struct testing_summary *sum, struct error *err)
{
	if (wants_json(inv)) {
		output_row(
			inv, &tests_answer_view, &(struct tests_answer){ arg_at(inv, 0), sum, *t });
		return 0;
	}
	output_table(&tested_item_view, t->items, t->count, NULL);
	if (!*sum->candidate)
		return tell_lost(inv, sum, err);
	printf("\nCounts for %s in %s.\n", sum->candidate, arg_at(inv, 0));
	return 0;
}

/* The suites named behind the environment, ended by NULL; NULL for those of its gate. free(). */
static const char **named_suites(const struct invocation *inv)
{
	size_t count = 0;

	while (arg_at(inv, count + 1))
		count++;

	const char **names = count ? mem_new(count + 1, sizeof *names) : NULL;

	for (size_t i = 0; i < count; i++)
		names[i] = arg_at(inv, i + 1);
	return names;
}

int cmd_test(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows t = { 0 };
	CLEANUP(free) const char **only = named_suites(inv);
	struct testing_request request = { .actor = actor(inv),
		.only = only,
		.on_start = tested_start,
		.on_end = tested_end,
		.context = &t };
	struct testing_summary summary;

	if (need_config(inv, &request.config, err) < 0 ||
		need_store(inv, &request.store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), &request.environment, err) < 0 ||
		orphan_take_up(inv, request.config, request.store, request.environment, err) < 0 ||
		testing_run(&request, &summary, err) < 0)
		return -1;
	if (tell_tests(inv, &t, &summary, err) < 0)
		return -1;
	if (!summary.failed)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"%zu of %zu tests have not passed; 'patchline evidence %s' has "
		"their output",
		summary.failed, summary.failed + summary.passed, arg_at(inv, 0));
}
