/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "model/topology.h"
#include "store/candidate.h"
#include "store/environment.h"

static const struct column columns[] = {
	{ "id", "CANDIDATE", COLUMN_TEXT },
	{ "release", "RELEASE", COLUMN_TEXT },
	{ "lane", "LANE", COLUMN_TEXT },
	{ "set", NULL, COLUMN_DIGEST },
	{ "environments", "RUNS IN", COLUMN_WORDS },
	{ "created_at", "MADE", COLUMN_TIME },
	{ "created_by", "BY", COLUMN_TEXT },
	{ "is_open", "OPEN", COLUMN_FLAG },
	{ "closed_at", NULL, COLUMN_TIME },
	{ "closed_reason", NULL, COLUMN_TEXT },
	{ 0 },
};

static bool runs(
	const struct environment_rows *rows, const char *environment, const char *candidate)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (str_equal(rows->items[i].name, environment))
			return str_equal(rows->items[i].candidate, candidate);
	}
	return false;
}

/* The environments that run it, in the order of the line, then the clones; ended by NULL, free(). */
static const char **whereabouts(
	const struct topology *t, const struct environment_rows *rows, const char *candidate)
{
	const struct config *c = t->config;
	const char **names = mem_new(c->environment_count + t->clone_count + 1, sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < c->environment_count; i++) {
		if (runs(rows, c->environments[i].name, candidate))
			names[count++] = c->environments[i].name;
	}
	for (size_t i = 0; i < t->clone_count; i++) {
		if (runs(rows, t->clones[i]->name, candidate))
			names[count++] = t->clones[i]->name;
	}
	return names;
}

int cmd_candidates(struct invocation *inv, struct error *err)
{
	CLEANUP(table_free) struct table *t = table_new(columns);
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	CLEANUP(environment_rows_done) struct environment_rows environments = { 0 };
	const char *release = arg_at(inv, 0);
	const struct topology *topology = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_candidates(store, NULL, &rows, err) < 0 ||
		store_environments(store, &environments, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct candidate_row *row = &rows.items[i];
		CLEANUP(free) const char **names = whereabouts(topology, &environments, row->id);

		if (release && !str_equal(row->release, release))
			continue;
		table_row(t);
		table_text(t, "id", row->id);
		table_text(t, "release", row->release);
		table_text(t, "lane", lane_name(row->lane));
		table_text(t, "set", row->set);
		table_words(t, "environments", names);
		table_number(t, "created_at", row->created_at);
		table_text(t, "created_by", row->created_by);
		table_number(t, "is_open", !row->closed_at);
		table_number(t, "closed_at", row->closed_at);
		table_text(t, "closed_reason", row->closed_reason);
	}
	output_table(inv, t, "No candidate was made yet: patchline freeze RELEASE");
	return 0;
}
