/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check/check.h"

#include "base/error.h"
#include "cli/commands.h"
#include "cli/report/ready.h"
#include "cli/term/output.h"

#include <stdio.h>

static void (*const areas[])(struct checks *, const struct config *) = {
	check_state,
	check_ssh,
	check_tests,
	check_clones,
	check_sources,
	check_hosts,
};

static int check_everything(struct invocation *inv, struct error *err)
{
	CLEANUP(checks_done) struct checks c = { 0 };
	const struct config *config = NULL;

	if (need_config(inv, &config, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
		areas[i](&c, config);
	output_rows(inv, &check_item_view, c.results.items, c.results.count, NULL);
	if (is_for_people(inv))
		printf("\n%zu good, %zu to look at, %zu wrong\n", c.of[CHECK_GOOD],
			c.of[CHECK_WARNING], c.of[CHECK_WRONG]);
	if (!c.of[CHECK_WRONG])
		return 0;
	return error_set(
		err, ERR_SYSTEM, "%zu of %zu checks failed", c.of[CHECK_WRONG], c.results.count);
}

/* With an environment and a candidate: could its hosts take it now? Without both: is the configuration right? */
int cmd_check(struct invocation *inv, struct error *err)
{
	const char *environment = arg_at(inv, 0), *candidate = option_value(inv, "for");

	if (!environment && !candidate)
		return check_everything(inv, err);
	if (!candidate)
		return error_set(err, ERR_USAGE,
			"say for which candidate: patchline check %s --for CANDIDATE", environment);
	if (!environment)
		return error_set(err, ERR_USAGE,
			"say in which environment: patchline check ENV --for %s", candidate);
	return check_ready(inv, environment, candidate, err);
}
