/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check/check.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "cli/watch/watch.h"
#include "fleet/finding.h"
#include "model/config.h"
#include "present/finding.h"
#include "promote/promote.h"
#include "rollout/readiness.h"

#include <stdio.h>
#include <stdlib.h>

static void (*const areas[])(struct checks *, const struct config *) = {
	check_state,
	check_ssh,
	check_tests,
	check_clones,
	check_sources,
	check_indexes,
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

/* ---- could the hosts of an environment be patched now? ---- */

/* How many rows there are of each severity. */
struct severities {
	size_t of[SEVERITY_COUNT];
};

/* The findings of all hosts; free(). */
static struct host_finding *list_findings(
	const struct readiness *ready, size_t *count, struct severities *tally)
{
	struct host_finding *list = NULL;
	const char *host = NULL;
	size_t total = 0;

	for (size_t i = 0; i < readiness_count(ready); i++)
		total += findings_count(readiness_at(ready, i, &host));
	list = mem_new(total, sizeof *list);
	*count = 0;
	for (size_t i = 0; i < readiness_count(ready); i++) {
		const struct findings *found = readiness_at(ready, i, &host);

		for (size_t k = 0; k < findings_count(found); k++) {
			list[*count] = (struct host_finding){ host, findings_at(found, k) };
			tally->of[list[(*count)++].finding->severity]++;
		}
	}
	return list;
}

static int show_ready(struct invocation *inv, const struct readiness *ready,
	const char *environment, struct error *err)
{
	struct severities tally = { { 0 } };
	size_t count = 0;
	CLEANUP(free) struct host_finding *list = list_findings(ready, &count, &tally);

	output_rows(inv, &host_finding_view, list, count, "The environment has no hosts");
	if (is_for_people(inv))
		printf("\n%zu hosts: %zu errors, %zu warnings, %zu notes\n", readiness_count(ready),
			tally.of[SEVERITY_ERROR], tally.of[SEVERITY_WARNING],
			tally.of[SEVERITY_NOTE]);
	if (readiness_is_good(ready))
		return 0;
	return error_set(err, ERR_SYSTEM, "%zu findings are errors: '%s' cannot be patched now",
		tally.of[SEVERITY_ERROR], environment);
}

/* Run all prechecks and show what they found; fails also when one of them is an error. */
static NODISCARD int check_ready(
	struct invocation *inv, const char *environment, const char *candidate, struct error *err)
{
	CLEANUP(watch_free) struct watch *watch = NULL;
	CLEANUP(readiness_free) struct readiness *ready = NULL;
	CLEANUP(free) char *what = mem_printf("check %s for %s", environment, candidate);
	struct promotion p = { .actor = actor(inv) };

	if (need_store(inv, &p.store, err) < 0 || need_config(inv, &p.config, err) < 0 ||
		find_environment(inv, environment, &p.environment, err) < 0)
		return -1;
	watch = watch_new(what);
	p.watch = watch_callbacks(watch);
	if (promotion_check(&p, candidate, &ready, err) < 0)
		return -1;
	watch_free(STEAL(&watch));
	return show_ready(inv, ready, environment, err);
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
