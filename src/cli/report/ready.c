/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/ready.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
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

static int show(struct invocation *inv, const struct readiness *ready, const char *environment,
	struct error *err)
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

int check_ready(
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
	return show(inv, ready, environment, err);
}
