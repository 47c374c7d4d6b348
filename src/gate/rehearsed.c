/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/rehearsed.h"

#include "base/error.h"
#include "store/evidence.h"
#include "store/rehearsal.h"
#include "store/set.h"

#include <stdio.h>
#include <string.h>

static const char *const names[REHEARSED_COUNT] = {
	[REHEARSED_NEVER] = "never",
	[REHEARSED_RUNNING] = "running",
	[REHEARSED_PASSED] = "passed",
	[REHEARSED_FAILED] = "failed",
	[REHEARSED_NOTHING] = "nothing pending",
	[REHEARSED_UNKNOWN] = "unknown",
};

const char *rehearsed_name(enum rehearsed answer)
{
	return names[answer];
}

/* True for the newest result of a suite in a place: rows come newest first. */
static bool is_newest(const struct test_rows *rows, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(rows->items[i].suite, rows->items[index].suite) == 0 &&
			strcmp(rows->items[i].host, rows->items[index].host) == 0)
			return false;
	}
	return true;
}

/* One that ended is no longer waiting or failed: its tests tell what it was. */
static int ask_tests(struct store *store, const struct rehearsal_row *row, enum rehearsed *out,
	struct error *err)
{
	CLEANUP(test_rows_done) struct test_rows rows = { 0 };

	*out = REHEARSED_UNKNOWN;
	if (!row->clone || !row->candidate)
		return 0;
	if (store_tests(store, row->clone, row->candidate, &rows, err) < 0)
		return -1;
	if (rows.count)
		*out = REHEARSED_PASSED;
	for (size_t i = 0; i < rows.count; i++) {
		if (is_newest(&rows, i) && rows.items[i].outcome != OUTCOME_PASSED)
			*out = REHEARSED_FAILED;
	}
	return 0;
}

static int rehearsed_judge(struct store *store, const struct rehearsal_row *row,
	enum rehearsed *out, struct error *err)
{
	switch (row->state) {
	case REHEARSAL_RUNNING:
		*out = REHEARSED_RUNNING;
		return 0;
	case REHEARSAL_WAITING:
	case REHEARSAL_ENTERED:
		*out = REHEARSED_PASSED;
		return 0;
	case REHEARSAL_FAILED:
		*out = REHEARSED_FAILED;
		return 0;
	case REHEARSAL_ENDED:
	case REHEARSAL_COUNT:
		break;
	}
	if (!row->clone) {
		*out = REHEARSED_NOTHING;
		return 0;
	}
	return ask_tests(store, row, out, err);
}

static int count_packages(
	struct store *store, const struct rehearsal_row *row, int64_t *out, struct error *err)
{
	CLEANUP(set_row_done) struct set_row set = { 0 };

	if (!row->set)
		return 0;
	if (store_set_find(store, row->set, &set, err) < 0)
		return -1;
	*out = set.package_count;
	return 0;
}

static int rehearsed_tell(struct store *store, const struct rehearsal_row *row,
	struct rehearsed_answer *out, struct error *err)
{
	struct rehearsed_answer a = {
		.id = row->id,
		.at = row->ended_at ? row->ended_at : row->started_at,
		.is_waiting = row->state == REHEARSAL_WAITING,
	};

	if (rehearsed_judge(store, row, &a.answer, err) < 0 ||
		count_packages(store, row, &a.packages, err) < 0)
		return -1;
	if (!rehearsal_state_is_final(row->state))
		snprintf(a.clone, sizeof a.clone, "%s", row->clone ? row->clone : "");
	snprintf(a.reason, sizeof a.reason, "%s", row->reason);
	*out = a;
	return 0;
}

int rehearsed_find(struct store *store, const char *environment, struct rehearsed_answer *out,
	struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	if (store_rehearsal_newest(store, environment, &row, err) == 0)
		return rehearsed_tell(store, &row, out, err);
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	*out = (struct rehearsed_answer){ 0 };
	return 0;
}
