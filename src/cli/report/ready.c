/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/ready.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "cli/watch/watch.h"
#include "fleet/finding.h"
#include "model/config.h"
#include "promote/promote.h"
#include "rollout/readiness.h"

#include <stdio.h>
#include <stdlib.h>

static const struct column columns[] = {
	{ "host", "HOST", COLUMN_TEXT },
	{ "check", "CHECK", COLUMN_TEXT },
	{ "severity", "SEVERITY", COLUMN_TEXT },
	{ "what", "WHAT", COLUMN_PROSE },
	{ "todo", "WHAT TO DO", COLUMN_PROSE },
	{ 0 },
};

/* How many rows there are of each severity. */
struct severities {
	size_t of[SEVERITY_COUNT];
};

static void add_rows(
	struct table *t, const char *host, const struct findings *found, struct severities *tally)
{
	for (size_t i = 0; i < findings_count(found); i++) {
		const struct finding *f = findings_at(found, i);

		table_row(t);
		table_text(t, "host", host);
		table_text(t, "check", f->check);
		table_text(t, "severity", severity_name(f->severity));
		table_text(t, "what", f->what);
		table_text(t, "todo", f->remedy);
		tally->of[f->severity]++;
	}
}

static int show(struct invocation *inv, const struct readiness *ready, const char *environment,
	struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	struct severities tally = { 0 };

	for (size_t i = 0; i < readiness_count(ready); i++) {
		const char *host = NULL;
		const struct findings *found = readiness_at(ready, i, &host);

		add_rows(t, host, found, &tally);
	}
	output_table(inv, t, "The environment has no hosts");
	if (!wants_json(inv))
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
