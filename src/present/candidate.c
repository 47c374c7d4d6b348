/* SPDX-License-Identifier: Apache-2.0 */
#include "present/candidate.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/topology.h"
#include "store/environment.h"

#define ROW(target) VIA(struct candidate_item, row, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "id",            "CANDIDATE", FIELD_TEXT,   ROW(id) },
	{ "release",       "RELEASE",   FIELD_TEXT,   ROW(release) },
	{ "lane",          "LANE",      FIELD_TEXT,   ROW(lane), .word = lane_name },
	{ "set",           NULL,        FIELD_DIGEST, ROW(set) },
	{ "environments",  "RUNS IN",   FIELD_WORDS,  OWNED(struct candidate_item, environments) },
	{ "created_at",    "MADE",      FIELD_TIME,   ROW(created_at) },
	{ "created_by",    "BY",        FIELD_TEXT,   ROW(created_by) },
	{ "is_open",       "OPEN",      FIELD_FLAG,   AT(struct candidate_item, is_open) },
	{ "closed_at",     NULL,        FIELD_TIME,   ROW(closed_at) },
	{ "closed_reason", NULL,        FIELD_TEXT,   ROW(closed_reason), .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view candidate_item_view = VIEW_OF(struct candidate_item, item_fields);

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

int candidate_items_read(const struct topology *t, const char *release, struct store *store,
	struct candidate_rows *rows, struct view_rows *out, struct error *err)
{
	CLEANUP(environment_rows_done) struct environment_rows environments = { 0 };
	struct view_rows items = { 0 };

	if (store_environments(store, &environments, err) < 0 ||
		store_candidates(store, NULL, rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		const struct candidate_row *row = &rows->items[i];

		if (!release || str_equal(row->release, release))
			view_rows_take(&items, &candidate_item_view,
				&(struct candidate_item){ row,
					whereabouts(t, &environments, row->id), !row->closed_at });
	}
	*out = items;
	return 0;
}
